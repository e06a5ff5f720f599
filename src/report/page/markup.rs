//! Words as HTML. Everything is escaped by maud; nothing here or beside it writes markup by hand.

use maud::{Markup, PreEscaped, html};

use crate::report::{
    prose::Prose,
    style::Role,
    text,
    words::{Lang, Told},
};

/// A sentence: its pieces in their roles, its frame numbers as links.
pub fn sentence(prose: &Prose) -> Markup {
    html! {
        @for (role, text) in prose.pieces() {
            (piece(role, &text))
        }
    }
}

/// A phrase.
pub fn told<const N: usize>(told: &Told<'_, N>, lang: Lang) -> Markup {
    let mut prose = Prose::new(lang);
    prose.tell(told);
    sentence(&prose)
}

/// Words in a role. What somebody said is never searched for frame numbers.
pub fn piece(role: Role, text: &str) -> Markup {
    match role {
        Role::Plain => linked(text),
        Role::Orig | Role::Resp => html! { span class=(class(role)) { (text::with_emoji(text)) } },
        _ => html! { span class=(class(role)) { (linked(text)) } },
    }
}

/// Words of ours, in which each `#55` is a link to that frame.
pub fn linked(text: &str) -> Markup {
    let mut parts = text.split('#');
    let first = parts.next().unwrap_or_default();
    html! {
        (first)
        @for part in parts {
            @let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            @let (number, rest) = part.split_at(digits);
            @match number.parse() {
                Ok(number) => { (frame(number)) (rest) }
                Err(_) => { "#" (part) }
            }
        }
    }
}

/// A link to a frame: `#55`.
pub fn frame(number: u64) -> Markup {
    html! { a.frame href={ "#f" (number) } data-go=(number) { "#" (number) } }
}

/// A link to a conversation: `tcp-1`.
pub fn conversation(id: &str) -> Markup {
    html! { a.of href={ "#" (id) } data-of=(id) { (id) } }
}

/// A long list, in lists that a browser lays out only when they come near.
pub fn list<T>(class: &str, items: &[T], item: impl Fn(&T) -> Markup) -> Markup {
    /// Items of a list in a list.
    const CHUNK: usize = 100;
    let chunk = if items.len() > 3 * CHUNK {
        "chunk"
    } else {
        "short"
    };
    html! {
        div class={ "rows " (class) } {
            @for items in items.chunks(CHUNK) {
                ol class=(chunk) { @for it in items { (item(it)) } }
            }
        }
    }
}

/// The class of a role.
pub const fn class(role: Role) -> &'static str {
    match role {
        Role::Plain => "plain",
        Role::Quiet => "quiet",
        Role::Heading => "strong",
        Role::Id => "id",
        Role::Orig => "orig",
        Role::Resp => "resp",
        Role::Good => "good",
        Role::Odd => "odd",
        Role::Bad => "bad",
    }
}

/// Data inside a page: JSON in which nothing can end the element that it stands in, or be a line's end to
/// an old script engine.
pub fn data(id: &str, json: &str) -> Markup {
    let json = json
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    html! { script type="application/json" id=(id) { (PreEscaped(json)) } }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn frame_numbers_are_links_but_not_in_what_was_said() {
        let mut prose = Prose::new(Lang::En);
        prose
            .say("answers #23, not # or #x: “")
            .paint(Role::Orig, "#5 <script>")
            .say("”");
        assert_eq!(
            sentence(&prose).into_string(),
            "answers <a class=\"frame\" href=\"#f23\" data-go=\"23\">#23</a>, not # or #x: “\
             <span class=\"orig\">#5 &lt;script&gt;</span>”"
        );
        let huge = linked("#99999999999999999999999 <b>").into_string();
        assert_eq!(huge, "#99999999999999999999999 &lt;b&gt;");
    }

    #[test]
    fn nothing_breaks_out_of_data() {
        let hostile = "</script><!--<script>&\u{2028}\u{2029}\"'\\";
        let page = data("d", &json!([hostile]).to_string()).into_string();
        let inner = page
            .strip_prefix("<script type=\"application/json\" id=\"d\">")
            .and_then(|rest| rest.strip_suffix("</script>"))
            .expect("one element");
        assert!(
            !inner.contains(['<', '>', '&', '\u{2028}', '\u{2029}']),
            "{inner}"
        );
        let back: serde_json::Value = serde_json::from_str(inner).expect("JSON");
        assert_eq!(back, json!([hostile]));
    }
}
