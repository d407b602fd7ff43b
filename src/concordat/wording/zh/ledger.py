"""Chinese (zh-CN): operations and entries of the ledger."""

from __future__ import annotations

WORDS: dict[str, str] = {
    # ── small words ─────────────────────────────────────────────────────────────────────────────────────────────────
    "none": "无",
    "separator": "、",
    # ── operations: what a signer is about to sign, or has signed ───────────────────────────────────────────────────
    "operation.ballots.open": "{signer:member}提请表决，{opens_at:time}至{closes_at:time}："
    "{motion:motion}理由：{reason:text}",
    "operation.ballots.vote": "{signer:member}在第{ballot:number}号表决中投“{choice:choice}”票，投出后不得更改。",
    "operation.ballots.withdraw": "{signer:member}撤回第{ballot:number}号表决。",
    "operation.clock.tick": "{signer:member}提请账本处理到期事项。",
    "operation.clock.advance": "{signer:member}将模拟时间推进至{time:time}。",
    "operation.contracts.propose": "{signer:member}提出《{terms.title}》（{terms.template:template}），当事方："
    "{terms.parties:who}；义务{terms.obligations:count}项，规模{terms.size:number}单位，"
    "须于{terms.sign_by:time}前签署。",
    "operation.contracts.sign": "{signer:member}签署合同{contract:contract}，文本摘要{document:digest}。",
    "operation.contracts.decline": "{signer:member}拒绝签署合同{contract:contract}。理由：{reason:text}",
    "operation.contracts.deliver": "{signer:member}就合同{contract:contract}第{obligation}项义务交付版本{version}。",
    "operation.contracts.acknowledge": "{signer:member}确认合同{contract:contract}第{obligation}项义务的交付。",
    "operation.contracts.object": "{signer:member}对合同{contract:contract}第{obligation}项义务的交付提出异议："
    "{ground:ground}。异议书摘要{statement:digest}。",
    "operation.contracts.terminate": "{signer:member}请求协商终止合同{contract:contract}；"
    "其间各项义务均无变动且各当事方均提出的，合同终止，届时已逾期的仍记违约。",
    "operation.datasets.register": "{signer:member}登记数据集{dataset}（《{title}》）版本{version}：{rows:number}行，"
    "{byte_count:number}字节，摘要{digest:digest}，结构摘要{schema:digest}，行根{row_root:digest}。",
    "operation.datasets.withdraw": "{signer:member}撤回数据集{dataset}版本{version}。理由：{reason:text}",
    "operation.membership.apply": "{name}（{kind:kind}）申请成为成员，标识为{member}，登记代码{scheme} {code}，"
    "推荐方：{sponsor:who}；原成员身份：{predecessor:who}；上级：{parent:who}；申请材料摘要{dossier:digest}，"
    "经办人信息摘要{card:digest}。",
    "operation.membership.sponsor": "{signer:member}同意推荐{member:who}。",
    "operation.membership.sponsor.refused": "{signer:member}不同意推荐{member:who}。",
    "operation.membership.attest": "{signer:member}对{member:who}的申请材料（摘要{dossier:digest}）核验通过。",
    "operation.membership.attest.refused": ""
    "{signer:member}对{member:who}的申请材料（摘要{dossier:digest}）核验不予通过。",
    "operation.membership.respond": "{signer:member}在听证中提交陈述，摘要{statement:digest}。",
    "operation.membership.readmit": "{signer:member}申请恢复资格，担保方：{guarantor:who}。",
    "operation.membership.add_officer": "{signer:member}增加经办人，密钥{public_key:digest}，"
    "经办人信息摘要{card:digest}，职责：{roles:role}。",
    "operation.membership.set_roles": "{signer:member}变更密钥{public_key:digest}所属经办人的职责：{roles:role}。",
    "operation.membership.remove_officer": "{signer:member}停用经办人密钥{public_key:digest}。",
    "operation.membership.rotate_key": "{signer:member}以密钥{public_key:digest}（经办人信息摘要{card:digest}）"
    "替换签署本交易的密钥。",
    "operation.membership.revoke_key": "{signer:member}停用签署本交易的密钥。",
    "operation.membership.grant": "{signer:member}授予密钥{public_key:digest}所属经办人“{role:role}”职责，"
    "有效期至{valid_until:time}。所承诺条款：{term:digest}。",
    "operation.membership.delegate": "{signer:member}委托密钥{public_key:digest}所属经办人在{valid_from:time}至"
    "{valid_until:time}期间代行签署本交易者的职责：{roles:role}。",
    "operation.behaviors.record": "{signer:member}记录行为“{sentence}”（{kind}），发生于{occurred_at:time}。"
    "涉及：{subject:subject}；凭据摘要{evidence:digest}。",
    "operation.behaviors.anchor": "{signer:member}锚定序列 {series} 的下一批数据，时段为{first_at:time}至"
    "{last_at:time}。条数：{count:number}；根摘要{root:digest}。",
    "operation.objections.file": "{signer:member}对{about:about}提出异议，由{member:who}答复。"
    "陈述摘要{statement:digest}。",
    "operation.objections.file.comment": "{signer:member}对{about:about}提出意见，由{member:who}答复。"
    "陈述摘要{statement:digest}。",
    "operation.objections.answer": "{signer:member}答复第{objection}号异议或意见。陈述摘要{statement:digest}。",
    # ── operations as a heading ─────────────────────────────────────────────────────────────────────────────────────
    "act.unreadable": "请求",
    "act.ballots.open": "提请表决",
    "act.ballots.vote": "投票",
    "act.ballots.withdraw": "撤回表决",
    "act.clock.tick": "到期处理",
    "act.clock.advance": "时间推进",
    "act.contracts.propose": "合同提议",
    "act.contracts.sign": "签署",
    "act.contracts.decline": "拒签",
    "act.contracts.deliver": "交付",
    "act.contracts.acknowledge": "确认",
    "act.contracts.object": "异议",
    "act.contracts.terminate": "协商终止请求",
    "act.datasets.register": "版本登记",
    "act.datasets.withdraw": "版本撤回",
    "act.membership.apply": "入盟申请",
    "act.membership.sponsor": "推荐",
    "act.membership.attest": "核验",
    "act.membership.respond": "听证陈述",
    "act.membership.readmit": "恢复资格申请",
    "act.membership.add_officer": "经办人登记",
    "act.membership.set_roles": "经办人职责变更",
    "act.membership.remove_officer": "经办人密钥停用",
    "act.membership.rotate_key": "密钥更换",
    "act.membership.revoke_key": "密钥吊销",
    "act.membership.grant": "限期职责授予",
    "act.membership.delegate": "职责委托",
    "act.behaviors.record": "行为记录",
    "act.behaviors.anchor": "序列锚定",
    "act.objections.file": "对记录的异议",
    "act.objections.answer": "对异议的答复",
    # ── entries of the ledger ───────────────────────────────────────────────────────────────────────────────────────
    "receipt.refused": "{signer:member}的{act}未获受理：{reason}",
    "receipt.refused_stranger": "非成员提交的{act}未获受理：{reason}",
    "receipt.several": "{signer:member}在一笔交易中完成 {count} 项操作：{acts}。",
    "receipt.none_done": "该交易的 {count} 项操作均未生效。",
    "receipt.nothing_left": "期限已到，无待处理事项。",
    "event.ballots.opened": "{opener:who}提请的第{ballot:number}号表决于{opens_at:time}至{closes_at:time}进行，"
    "有表决权的成员{electorate:number}家：{motion:motion}",
    "event.ballots.opened.ledger": "账本自行提请的第{ballot:number}号表决进行至{closes_at:time}，"
    "有表决权的成员{electorate:number}家：{motion:motion}",
    "event.ballots.voted": "{member:member}在第{ballot:number}号表决中投“{choice:choice}”票。",
    "event.ballots.withdrawn": "{member:member}撤回了第{ballot:number}号表决。",
    "event.ballots.closed": "第{ballot:number}号表决结束，{outcome:status.ballot}：赞成{yes:number}票，反对"
    "{no:number}票，"
    "弃权{abstain:number}票，有表决权的成员{electorate:number}家。",
    "event.ballots.called_off": "第{by:number}号表决取消了第{ballot:number}号表决的决定，不再执行。",
    "event.ballots.moot": "第{ballot:number}号表决已通过，但已无法执行：{ground:obstacle}。",
    "event.ballots.parameter_changed": "根据第{ballot:number}号表决，参数{name}自此为{value:number}。",
    "event.ballots.role_given": "根据第{ballot:number}号表决，{member:member}获得“{role:role}”职责。",
    "event.ballots.role_taken": "根据第{ballot:number}号表决，{member:member}不再承担“{role:role}”职责。",
    "event.ballots.stayed": "根据第{ballot:number}号表决，{member:member}暂缓退出，恢复正常资格。",
    "event.clock.advanced": "模拟时间已推进至{time:time}。",
    "event.contracts.proposed": "{proposer:member}提出合同{contract:contract}，待各方签署。",
    "event.contracts.signed": "{member:member}已签署合同{contract:contract}，尚有{left}方未签。",
    "event.contracts.signed.last": "{member:member}已签署合同{contract:contract}，各方均已签署。",
    "event.contracts.activated": "合同{contract:contract}经判定有效，现已生效。",
    "event.contracts.declined": "{member:member}拒绝签署合同{contract:contract}，要约终止。",
    "event.contracts.expired": "合同{contract:contract}未按期签齐，要约失效。",
    "event.contracts.delivered": ""
    "{debtor:member}就合同{contract:contract}第{obligation}项义务交付了{dataset}版本{version}；"
    "至{accepts_at:time}无异议即视为接受。",
    "event.contracts.objected": "{member:member}对合同{contract:contract}第{obligation}项义务的交付提出异议："
    "{ground:ground}；债务方可于{until:time}前重新交付。",
    "event.contracts.acknowledged": "{member:member}已确认合同{contract:contract}第{obligation}项义务的交付，"
    "尚有{left}方未确认。",
    "event.contracts.settled": ""
    "{debtor:member}已履行合同{contract:contract}第{obligation}项义务（{severity:settled}）；"
    "{member:member}已确认{delivered_at:time}的交付。",
    "event.contracts.settled.silent": ""
    "{debtor:member}已履行合同{contract:contract}第{obligation}项义务（{severity:settled}）；"
    "对{delivered_at:time}的交付，异议期内无人提出异议，视为接受。",
    "event.contracts.grace_began": "{debtor:member}逾期未履行合同{contract:contract}第{obligation}项义务，"
    "宽限期至{ends:time}。",
    "event.contracts.suspended": "合同{contract:contract}中止：{debtor:member}未履行第{obligation}项义务，"
    "可于{ends:time}前补救。",
    "event.contracts.resumed": "合同{contract:contract}恢复履行，中止事由已消除。",
    "event.contracts.breached": "{debtor:member}违反合同{contract:contract}第{obligation}项义务：未交付。",
    "event.contracts.lapsed": "合同{contract:contract}第{obligation}项义务的异议逾期未决，"
    "不以一方之言定论，仅记录是否逾期。",
    "event.contracts.terminated": "合同{contract:contract}提前终止：{cause:cause}；未到期义务予以免除。",
    "event.contracts.end_asked": "{member:member}请求协商终止合同{contract:contract}，尚有{left}方未提出。",
    "event.contracts.end_asked.last": "{member:member}请求协商终止合同{contract:contract}，各方均已提出。",
    "event.contracts.completed": "合同{contract:contract}履行完毕，各项义务均已了结。",
    "event.credit.recorded": "已记录{member:member}对{counterparty:member}的一次履约："
    "合同{contract:contract}第{clause}项义务。",
    "event.credit.recorded.breach": "已记录{member:member}对{counterparty:member}的一次{severity:severity}："
    "合同{contract:contract}第{clause}项义务。",
    "event.credit.changed": "{member:member}现信用分{score}，等级{grade}，可信度{confidence:share}。",
    "event.credit.changed.none": "{member:member}已没有计分的记录（均已到期失效）：信用分回到新成员起始分{score}，"
    "等级{grade}，可信度{confidence:share}。",
    "event.credit.exit_due": "{member:member}达到强制退出条件：{limb:limb}。",
    "event.credit.epoch_closed": "第{epoch}期信用结算完毕，评价具有权重的成员共{reached}个。",
    "event.datasets.registered": "{owner:member}登记了{dataset}版本{version}，共{rows:number}行。",
    "event.datasets.withdrawn": "{owner:member}撤回了{dataset}版本{version}。",
    "event.membership.applied": "{member:who}提交入盟申请并通过初审，待{sponsor:who}推荐。",
    "event.membership.reviewed": "{sponsor:who}同意推荐{member:who}，复审通过，进入核验。",
    "event.membership.attested": "{verifier:member}对{member:who}的申请材料核验通过，已有{count}方通过，需"
    "{needed}方。",
    "event.membership.attested.refused": "{verifier:member}对{member:who}的申请材料核验不予通过，"
    "已有{count}方通过，需{needed}方。",
    "event.membership.admitted": "{member:who}通过核验，取得镜像身份。",
    "event.membership.refused": "{member:who}的入盟申请未获通过。",
    "event.membership.lapsed": "{member:who}的入盟申请逾期未完成，已失效。",
    "event.membership.hearing_opened": "对{member:member}启动听证：{limb:limb}。在此期间不得签订新合同，"
    "可于{ends:time}前提交陈述。",
    "event.membership.responded": "{member:member}在听证中提交了陈述，摘要{statement:digest}。",
    "event.membership.expelled": "{member:member}听证期满，强制退出生效。",
    "event.membership.readmission_asked": "{member:who}申请恢复资格，担保方：{guarantor:who}。",
    "event.membership.readmission_declined": "{guarantor:who}不同意为{member:who}恢复资格提供担保。",
    "event.membership.readmitted": "{member:who}由{guarantor:who}担保恢复资格，适用恢复期限额。",
    "event.membership.officer_added": "密钥{public_key:digest}现可代表{member:member}，职责：{roles:role}。",
    "event.membership.officer_changed": "{member:member}的密钥{public_key:digest}职责已变更：{roles:role}。",
    "event.membership.officer_removed": "密钥{public_key:digest}不再代表{member:member}。",
    "event.membership.granted": "{member:member}的密钥{public_key:digest}具有“{role:role}”职责，"
    "有效期至{valid_until:time}。",
    "event.membership.delegated": "{member:member}的密钥{public_key:digest}可在{valid_from:time}至{valid_until:time}"
    "期间代行密钥{delegator:digest}的职责：{roles:role}。",
    "event.membership.acted_for": "密钥{public_key:digest}代密钥{delegator:digest}签署，所代职责为“{role:role}”。",
    "event.behaviors.recorded": "{member:member}记录了行为“{sentence}”（{kind}），发生于{occurred_at:time}。"
    "涉及：{subject:subject}。",
    "event.behaviors.anchored": "{member:member}锚定了序列 {series} 的第 {batch} 批数据，时段为{first_at:time}至"
    "{last_at:time}，条数：{count:number}。",
    "event.objections.filed": "对{member:who}的第{objection}号异议，由{objector:objector}提出，针对{about:about}，"
    "须于{answer_by:time}前答复。",
    "event.objections.filed.comment": "第{objection}号意见，由{objector:objector}提出，针对{about:about}，"
    "{member:who}须于{answer_by:time}前答复。",
    "event.objections.answered": "{member:member}答复了第{objection}号异议或意见。",
    "event.objections.unanswered": "{member:member}未按时答复第{objection}号异议或意见。",
}
