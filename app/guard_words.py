"""What a refused request is told, in Chinese and English, and the words of the login."""

from __future__ import annotations

from kb.types import Words

# Told by guard.py, before there is a page and a language.
REFUSED: dict[str, Words] = {
    "token": Words("This app opens with the address that kb app printed in its terminal when it was started, the "
                   "one with ?token= in it. The token is new at every start; after that this address works in this "
                   "browser.",
                   "请用 kb app 启动时在终端打印的、带有 ?token= 的地址打开本应用。每次启动都会换新的令牌；"
                   "打开一次之后，这个地址在本浏览器中就可以使用。"),
    "again": Words("If it was opened in this browser before: go on", "如果此前已在本浏览器中打开过：继续"),
    "host": Words("This app answers to {origin} only.", "本应用只在 {origin} 上响应。"),
    "origin": Words("Another page or program asked for this; it is refused.", "该请求来自其他页面或程序，已拒绝。"),
    "user": Words("This app belongs to another user of this computer.", "本应用属于这台计算机上的另一位用户。"),
    "login": Words("Log in first.", "请先登录。"),
}

LOGIN: dict[str, Words] = {
    "login_lead": Words("This library is shown to its owner only. Log in to go on.",
                        "本资料库只对其所有者开放，请登录后继续。"),
    "login_go": Words("Log in", "登录"),
    "login_with": Words("Log in with {provider}", "用 {provider} 登录"),
    "login_refused": Words("{who} is logged in, but this library is not shown to that account.",
                           "已登录 {who}，但该账号无权查看本资料库。"),
    "login_missing": Words("Logging in needs a package that is not installed here: pip install 'bilingual-kb[login]'",
                           "登录所需的软件包尚未安装：pip install 'bilingual-kb[login]'"),
    "log_out": Words("Log out", "退出登录"),
}
