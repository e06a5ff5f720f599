//! Remarks between what both sides of a conversation said.

use super::phrases;

phrases! {
    late(arrow): "· {arrow} captured late, belongs further up:" | "· {arrow} 抓到得晚了，应该在前面：";
    empty_datagram(arrow): "· {arrow} an empty datagram" | "· {arrow} 一个空数据报";
    missing_byte(arrow): "· {arrow} 1 byte is missing here" | "· {arrow} 此处缺少 1 字节";
    missing_bytes(arrow, n): "· {arrow} {n} bytes are missing here" | "· {arrow} 此处缺少 {n} 字节";
}
