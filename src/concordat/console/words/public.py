"""The words of the pages for everybody, in both languages."""

from __future__ import annotations

EN: dict[str, str] = {
    "nav.public": "For everyone",
    "public.look": "See how members perform",
    "public.title": "How members perform",
    "public.lede": "For everybody, without signing in: the score that the ledger published for each member, what it "
    "kept and what it broke.",
    "public.kept": "Kept",
    "public.late": "Kept late",
    "public.broken": "Broken",
    "public.in_force": "Contracts in force",
    "public.between": "Between",
    "public.more_contracts": "These are the newest; each member's page has its own.",
    "public.none": "No contract is in force.",
    "public.performance": "What it kept and what it broke",
    "public.grade": "Score {score}, grade {grade}, confidence {confidence}",
    "public.breach": "{day}: obligation {obligation} of contract {contract} was broken.",
    "public.breach_limit": "Of the ten newest contracts with a breach.",
    "public.no_breach": "No obligation was broken.",
    "public.take_home": "Take it home",
    "public.take_home_text": "The proof file shows this member's published score at a height of the ledger, on any "
    "machine, without this node.",
    "public.proof": "Download the proof of the score",
    "public.not_shown": "What is not shown",
    "public.not_shown_text": "Keys, persons, legal codes, applications, and contracts that are offered, declined or "
    "over are for members.",
}

ZH: dict[str, str] = {
    "nav.public": "公众",
    "public.look": "查看成员履约情况",
    "public.title": "成员履约情况",
    "public.lede": "无需登录，人人可看：账本公布的各成员信用分，以及其履行和违反的义务。",
    "public.kept": "已履行",
    "public.late": "逾期履行",
    "public.broken": "违约",
    "public.in_force": "生效中的合同",
    "public.between": "当事方",
    "public.more_contracts": "此处为最新合同；各成员页面列有该成员的合同。",
    "public.none": "没有生效中的合同。",
    "public.performance": "履行与违约",
    "public.grade": "信用分 {score}，等级 {grade}，可信度 {confidence}",
    "public.breach": "{day}：合同 {contract} 的第 {obligation} 项义务违约。",
    "public.breach_limit": "取自最近十份有违约的合同。",
    "public.no_breach": "没有违约。",
    "public.take_home": "带回家核对",
    "public.take_home_text": "证明文件可在任何机器上、不依赖本节点，证明该成员在账本某一高度公布的信用分。",
    "public.proof": "下载信用分证明",
    "public.not_shown": "不公开的内容",
    "public.not_shown_text": "密钥、个人、法定代码、申请，以及待签、被拒或已结束的合同，仅成员可见。",
}
