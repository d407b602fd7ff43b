"""Words for roles that end, for who stands in for whom, and for how an officer is told what waits."""

from __future__ import annotations

from typing import Final

EN: Final = {
    "duties.grant": "Give a role until a day",
    "duties.role": "Role",
    "duties.until": "Ends",
    "duties.until_hint": "At midnight UTC, when this day begins.",
    "duties.from": "Begins",
    "duties.from_hint": "Left empty: at once.",
    "duties.term": "Commitment to what she agreed to",
    "duties.term_hint": "64 digits, or nothing: training or confidentiality, kept off the ledger.",
    "duties.granted": "{role} until {until}",
    "duties.end": "End it now",
    "duties.delegate": "While you are away",
    "duties.delegate_text": "Another officer of your member does what you may, in the roles that you choose. Each "
    "entry shows both keys, and what waits for you waits for her too.",
    "duties.to": "Officer who stands in",
    "duties.nobody": "Your member has no other officer. An administrator adds one above.",
    "duties.stands_in": "In your place from {begins} until {until}: {roles}",
    "duties.stands_for": "In the place of {key} from {begins} until {until}: {roles}",
    "duties.withdraw": "Take it back",
    "notices.title": "Mail about what waits for you",
    "notices.text": "Each thing is told once, and once more before its time is over. Your address stands on no ledger; "
    "only this node has it.",
    "notices.off": "This node sends no mail yet; its operator names the mail server.",
    "notices.refused": "The mail server refused this address, and nothing is sent to it: {words}",
    "notices.address": "Address",
    "notices.language": "Language of the mail",
    "notices.when": "How often",
    "notices.when_hint": "Once a day comes at midnight UTC; what would be over before the next comes at once.",
    "notices.of": "About",
    "notices.save": "Save",
    "notices.stop": "Send nothing more, forget my address",
}

ZH: Final = {
    "duties.grant": "授予有期限的角色",
    "duties.role": "角色",
    "duties.until": "截止",
    "duties.until_hint": "至该日 UTC 零时止。",
    "duties.from": "开始",
    "duties.from_hint": "留空即立即开始。",
    "duties.term": "约定事项的承诺值",
    "duties.term_hint": "64 位十六进制数，可留空：培训或保密约定，不写入账本。",
    "duties.granted": "{role}，至{until}止",
    "duties.end": "立即终止",
    "duties.delegate": "外出期间",
    "duties.delegate_text": "由本成员的另一名经办人在您选定的角色内代为办理。"
    "每条记录载明双方密钥，您的待办也列入其待办。",
    "duties.to": "代办的经办人",
    "duties.nobody": "本成员没有其他经办人，请由管理员在上方增加。",
    "duties.stands_in": "自{begins}至{until}代您办理：{roles}",
    "duties.stands_for": "自{begins}至{until}代 {key} 办理：{roles}",
    "duties.withdraw": "撤回委托",
    "notices.title": "待办事项邮件通知",
    "notices.text": "每项通知一次，到期前再通知一次。您的地址不写入任何账本，仅由本节点保存。",
    "notices.off": "本节点尚未开通邮件，由运营方指定邮件服务器。",
    "notices.refused": "邮件服务器拒收该地址，已停止发送：{words}",
    "notices.address": "邮件地址",
    "notices.language": "邮件语言",
    "notices.when": "频次",
    "notices.when_hint": "每日一次于 UTC 零时汇总；此前即将到期的事项即时通知。",
    "notices.of": "内容",
    "notices.save": "保存",
    "notices.stop": "停止发送并删除地址",
}
