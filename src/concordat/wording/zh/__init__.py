"""Chinese (zh-CN). Fields as in `en`; no spaces around them, `sentences.render` sets those that are needed.

Terms, one for each meaning:

    member 成员               mirror region 镜像区域       mirror identity 镜像身份     officer 经办人
    contract 合同             obligation 义务              party 当事方                 offer 要约
    debtor 债务方             creditor 债权方              delivery 交付                acceptance 确认
    objection 异议            late 逾期                    grace period 宽限期          cure 补救
    suspended 中止            terminated 终止              breach 违约                  released 免除
    sponsor 推荐方            guarantor 担保方             verifier 核验方              dossier 申请材料
    hearing 听证              forced exit 强制退出         return 恢复资格              credit 信用分
    grade 等级                confidence 可信度            epoch 结算期                 dataset 数据集
    version 版本              digest 摘要                  ledger 账本                  checkpoint 检查点
    proof 凭证                genesis 创世文件             node 节点                    block 区块
"""

from __future__ import annotations

from concordat.wording.zh import failures, ledger, refusals, things

CATALOG: dict[str, str] = {**ledger.WORDS, **refusals.WORDS, **failures.WORDS, **things.WORDS}
