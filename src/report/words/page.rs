//! The words of the HTML page.

use super::{labels, phrases};

labels! {
    SUMMARY: "Summary" | "概览";
    WENT_WRONG: "What went wrong" | "哪里出了问题";
    LADDER: "Ladder" | "时序图";
    CONVERSATIONS: "Who said what" | "谁说了什么";
    STORY: "Story" | "经过";
    TABLES: "Tables" | "表格";
    DETAILS: "the capture in numbers" | "抓包的数字";
    NOTHING_FAILED: "Nothing failed here." | "这里没有出现故障。";
    BECAUSE: "It follows from:" | "它的来由：";

    // The table of questions.
    FRAME: "frame" | "帧";
    TIME: "time" | "时间";
    PROTOCOL: "protocol" | "协议";
    WHO_HAS: "who has" | "询问的地址";
    ASKED_BY: "asked by" | "询问者";
    TRIES: "tries" | "次数";
    AFTER: "after" | "用时";
    OUTCOME: "outcome" | "结果";
    ANNOUNCED: "told unasked" | "主动告知";
    PROBED: "about to take it" | "准备使用";
    CLAIMED: "claimed by a second host" | "第二台主机声称拥有";

    // What the page does.
    FILTER: "Filter: tcp-1, SYN, 192.168.15.42 …" | "筛选：tcp-1、SYN、192.168.15.42……";
    NO_MATCH: "No line matches this filter." | "没有符合筛选的内容。";
    CHOOSE_FRAME:
        "Point at an arrow, a line or a number such as #3: here stand the layers of that frame and \
         its bytes."
        | "指向一个箭头、一行文字或 #3 这样的编号：这里会显示那一帧的各层和字节。";
    LAYERS: "Layers" | "各层";
    BYTES: "Bytes" | "字节";
    CLOSE: "Close" | "关闭";
    EARLIER: "Earlier frame" | "上一帧";
    LATER: "Later frame" | "下一帧";
    KEYS: "Keys" | "按键";
    KEY_FILTER: "filter everything" | "筛选全部内容";
    KEY_MOVE: "the line, field or byte before and behind" | "上一个、下一个（行、字段或字节）";
    KEY_FRAMES: "the frame before and behind" | "上一帧、下一帧";
    KEY_OPEN: "go into the frame, and back" | "进入这一帧，再返回";
    KEY_HELP: "show this" | "显示本说明";
    SCRIPT_OFF:
        "With scripts switched on, this page also shows each frame's bytes, sorts and filters. It \
         loads nothing and sends nothing."
        | "启用脚本后，本页还能显示每一帧的字节，并可排序和筛选。它不加载也不发送任何内容。";
}

phrases! {
    // How many of what there were.
    frames(n): "[heading|{n}] {n:frame|frames}" | "[heading|{n}] 帧";
    hosts(n): "[heading|{n}] {n:host|hosts}" | "[heading|{n}] 主机";
    connections(n): "[heading|{n}] {n:TCP connection|TCP connections}" | "[heading|{n}] TCP 连接";
    exchanges(n): "[heading|{n}] {n:UDP exchange|UDP exchanges}" | "[heading|{n}] UDP 会话";
    questions(n): "[heading|{n}] {n:question|questions} for addresses" | "[heading|{n}] 地址询问";
    failures(n): "[heading|{n}] {n:failure|failures}" | "[heading|{n}] 故障";

    more_failures(n): "{n} more {n:failure is|failures are} told in the story below."
        | "还有 {n} 个故障，见下面的经过。";
    more_questions(n): "{n} more came later and {n:is|are} not shown." | "后面还有 {n} 个没有显示。";
    more_lines(n):
        "{n} later {n:line is|lines are} not in this page. --conn tcp-1, --host IP or a filter shows \
         a part of the capture, and all of that."
        | "后面还有 {n} 行不在本页。用 --conn tcp-1、--host IP 或过滤表达式只看一部分，就能看全。";
    more_frames(n):
        "The bytes of {n} later {n:frame are|frames are} not in this page. --conn tcp-1, --host IP or \
         a filter shows a part of the capture, and all of that."
        | "后面 {n} 帧的字节不在本页。用 --conn tcp-1、--host IP 或过滤表达式只看一部分，就能看全。";
    not_here(frame): "The bytes of frame {frame} are not in this page." | "本页没有第 {frame} 帧的字节。";
    first_bytes(n, all): "the first {n} of {all} bytes" | "{all} 字节中的前 {n} 字节";
    bytes(n): "{n} bytes" | "{n} 字节";
}
