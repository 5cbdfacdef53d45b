"""What a screen reader is told: what Streamlit's own parts are called in Chinese (static/names.js), and formulas.

A name that ends with a space stands before words of the page, one that begins with a space behind them.
"""

from __future__ import annotations

from kb.types import Words

HEARD = {
    # the page
    "Skip to main content": "跳到正文", "Navigate to home page": "回到首页", "Sidebar": "侧栏", "App pages": "页面",
    "Collapse sidebar": "收起侧栏", "Expand sidebar": "展开侧栏", "Main menu": "主菜单", "Notifications": "通知",
    "Running...": "正在运行", "Stop script": "停止运行", "Stop": "停止运行", "Close": "关闭", "Loading...": "正在加载",
    # the main menu
    "Theme": "主题", "System": "跟随系统", "Light": "浅色", "Dark": "深色", "Print": "打印", "Rerun": "重新运行",
    "Record screen": "录制屏幕", "Stop recording": "停止录制", "Clear cache": "清除缓存", "Settings": "设置",
    "Record a screencast": "录制屏幕", "Get help": "帮助", "Dismiss": "关闭",
    "Copy version to clipboard": "复制版本号", "Report a bug": "报告问题", "About": "关于",
    # fields
    "Help for ": "说明：", "Open": "展开选项", "Clear value": "清除", "Clear all": "全部清除",
    "Choose an option": "请选择",
    "Choose options": "请选择", "Selected values": "已选", "Remove ": "移除：", "Select all": "全选",
    "Add or choose an option": "选择或输入", "Show password": "显示密钥", "Hide password": "隐藏密钥",
    "Show password text": "显示密钥", "Hide password text": "隐藏密钥", "Increment": "增加", "Decrement": "减少",
    " — start": "：起", " — end": "：止", "No results": "没有结果", "Clear entry": "清除",
    "Scroll tabs left": "向左滚动标签", "Scroll tabs right": "向右滚动标签",
    # files
    "file upload": "上传文件", "Upload": "选择文件", "Browse files": "选择文件", "Upload ": "选择文件：",
    "Add files": "添加文件", "Next page": "下一页", "Previous page": "上一页", "Pagination": "分页",
    # a conversation
    "Chat message from user": "提问", "Chat message from assistant": "回答", "Send message": "发送",
    # tables, code, pictures and charts
    "Show/hide columns": "显示或隐藏列", "Download as CSV": "下载 CSV", "Search": "搜索",
    "Type to search": "输入以搜索",
    "Close Search": "关闭搜索", "Next Result": "下一个结果", "Previous Result": "上一个结果",
    "Clear selection": "取消选择", "Dataframe column menu": "列菜单", "Copy column name": "复制列名",
    "Fullscreen": "全屏", "Fullscreen: ": "全屏：", "Close fullscreen": "退出全屏", "Toggle fullscreen": "切换全屏",
    "Copy to clipboard": "复制", "Copied": "已复制", "Show data": "显示数据", "Show chart": "显示图表",
    "Download as PNG": "下载 PNG", "Download as SVG": "下载 SVG", "Copy Vega-Lite spec": "复制图表代码",
    "Vega visualization": "图表", "visualization": "图表",
}

# A formula in words, by its TeX: static/spoken.js. {a}, {b}: what it is of.
FORMULA: dict[str, Words] = {
    "formula": Words("formula", "公式"),
    "frac": Words("{a} over {b}", "{b} 分之 {a}"),
    "frac_long": Words("fraction {a} over {b} end of fraction", "分式 分子 {a} 分母 {b} 分式结束"),
    "sqrt": Words("root of {a}", "根号 {a}"),
    "sqrt_long": Words("root of {a} end of root", "根号下 {a} 根号结束"),
    "sub": Words("sub {a}", "下标 {a}"),
    "power": Words("to the power of {a}", "的 {a} 次方"),
    "squared": Words("squared", "的平方"),
    "transposed": Words("transposed", "的转置"),
    "prime": Words("prime", "撇"),
    "from": Words("from {a}", "从 {a}"),
    "to": Words("to {a}", "到 {a}"),
    "=": Words("equals", "等于"), "+": Words("plus", "加"), "-": Words("minus", "减"), "*": Words("star", "星"),
    "/": Words("over", "除以"), "<": Words("is less than", "小于"), ">": Words("is greater than", "大于"),
    "|": Words("bar", "竖线"), "'": Words("prime", "撇"), "&": Words(",", "，"), "!": Words("factorial", "阶乘"),
    "\\\\": Words(",", "，"), "\\|": Words("double bar", "双竖线"), "\\%": Words("percent", "百分之"),
    "\\{": Words("{", "{"), "\\}": Words("}", "}"), "\\_": Words("_", "_"), "\\&": Words("and", "与"),
    "\\times": Words("times", "乘"), "\\cdot": Words("times", "乘"), "\\div": Words("divided by", "除以"),
    "\\odot": Words("times, element by element,", "逐元素乘"), "\\circ": Words("after", "复合"),
    "\\oplus": Words("circled plus", "圈加"), "\\otimes": Words("circled times", "圈乘"), "\\ast": Words("star", "星"),
    "\\pm": Words("plus or minus", "正负"), "\\mp": Words("minus or plus", "负正"),
    "\\le": Words("is at most", "小于等于"), "\\leq": Words("is at most", "小于等于"),
    "\\ge": Words("is at least", "大于等于"), "\\geq": Words("is at least", "大于等于"),
    "\\lt": Words("is less than", "小于"), "\\gt": Words("is greater than", "大于"),
    "\\ll": Words("is much less than", "远小于"), "\\gg": Words("is much greater than", "远大于"),
    "\\neq": Words("is not equal to", "不等于"), "\\ne": Words("is not equal to", "不等于"),
    "\\approx": Words("is about", "约等于"), "\\sim": Words("is distributed as", "服从"),
    "\\propto": Words("is proportional to", "正比于"), "\\equiv": Words("is identical to", "恒等于"),
    "\\in": Words("in", "属于"), "\\notin": Words("not in", "不属于"), "\\subset": Words("within", "包含于"),
    "\\cup": Words("union", "并"), "\\cap": Words("intersection", "交"), "\\mid": Words("given", "给定"),
    "\\sum": Words("sum", "求和"), "\\prod": Words("product", "连乘"), "\\int": Words("integral", "积分"),
    "\\lim": Words("limit", "极限"), "\\max": Words("max", "最大值"), "\\min": Words("min", "最小值"),
    "\\partial": Words("partial", "偏"), "\\nabla": Words("gradient of", "梯度"), "\\infty": Words("infinity", "无穷"),
    "\\to": Words("to", "到"), "\\rightarrow": Words("to", "到"), "\\leftarrow": Words("becomes", "变为"),
    "\\Rightarrow": Words("implies", "推出"), "\\mapsto": Words("maps to", "映射到"), "\\top": Words("top", "转置"),
    "\\forall": Words("for all", "对所有"), "\\exists": Words("there is", "存在"), "\\ell": Words("l", "l"),
    "\\ldots": Words("and so on", "等等"), "\\dots": Words("and so on", "等等"), "\\cdots": Words("and so on", "等等"),
    "\\lVert": Words("double bar", "双竖线"), "\\rVert": Words("double bar", "双竖线"),
    "\\lfloor": Words("floor of", "下取整"), "\\rfloor": Words("end of floor", "取整结束"),
    "\\lceil": Words("ceiling of", "上取整"), "\\rceil": Words("end of ceiling", "取整结束"),
    "\\langle": Words("(", "("), "\\rangle": Words(")", ")"), "\\varepsilon": Words("epsilon", "epsilon"),
}
AFTER: dict[str, Words] = {  # what stands above a letter, behind it
    "\\hat": Words("hat", "帽"), "\\widehat": Words("hat", "帽"), "\\bar": Words("bar", "横线"),
    "\\overline": Words("bar", "横线"), "\\tilde": Words("tilde", "波浪线"), "\\widetilde": Words("tilde", "波浪线"),
    "\\vec": Words("vector", "向量"), "\\dot": Words("dot", "点"),
}
