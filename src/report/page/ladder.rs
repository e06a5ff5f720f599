//! The ladder of a page: a list of rows, each a grid in which arrows span from rail to rail, so that it
//! takes whatever width there is.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::markup;
use crate::report::{
    ladder::layout::{Bracket, Label, Layout, Line, Mark, PieceKind, Row, Rung, Verdict},
    style::Role,
    text,
    words::{Lang, page as words},
};

/// A rail takes at least so many rems; with less room the ladder is scrolled.
const LANE: usize = 6;

/// What stands beside the rails takes so many rems.
const GUTTER: usize = 6;

/// The picture.
pub fn draw(layout: &Layout) -> Markup {
    html! {
        div.ladder {
            div.heads {
                div.lanes {
                    @for group in &layout.groups {
                        span class={
                            "group s" (2 * group.lanes.start) " e" (2 * group.lanes.end)
                        } { (group.title) }
                    }
                    @for (at, lane) in layout.lanes.iter().enumerate() {
                        @let kind = if lane.is_many { "many" } else { "one" };
                        span class={ "lane " (kind) " m" (at) } {
                            @match &lane.name {
                                Some(name) => { b { (name) } small { (breakable(&lane.address)) } }
                                None if lane.short != lane.address && !lane.is_many => {
                                    b { (lane.short) } small { (breakable(&lane.address)) }
                                }
                                None => b { (breakable(&lane.address)) },
                            }
                            @if let Some(remark) = &lane.remark { small { (breakable(remark)) } }
                        }
                    }
                }
            }
            (markup::list("arrows", &layout.rows, |row| match row {
                Row::Rung(rung) => self::rung(rung, layout.lanes.len()),
                Row::Silence(words) => html! { li.silence { div.lanes { span { (words) } } } },
                Row::Verdict(verdict) => self::verdict(verdict, layout.lanes.len()),
            }))
        }
        @if !layout.signs.is_empty() {
            p.note { @for sign in &layout.signs { span.sign-of { (sign) } " " } }
        }
        @for note in &layout.notes {
            p.note { (markup::linked(note)) }
        }
    }
}

/// The words of TCP that a ladder uses, for who has never met them.
pub fn glossary(lang: Lang) -> Markup {
    html! {
        details.glossary {
            summary { (words::GLOSSARY.of(lang)) }
            dl.facts {
                @for (word, meaning) in words::MEANINGS {
                    div { dt { dfn { (word) } } dd { (meaning.of(lang)) } }
                }
            }
        }
    }
}

/// An address that is broken behind a dot or a colon, where it must be broken.
fn breakable(address: &str) -> Markup {
    html! {
        @for part in address.split_inclusive(['.', ':']) { (part) wbr; }
    }
}

/// The style of a ladder with so many rails: where each stands.
pub fn style(lanes: usize) -> String {
    let mut style = format!(".ladder{{--lanes:{lanes};--halves:{}}}", 2 * lanes);
    for half in 0..=2 * lanes {
        // A String takes everything.
        let _ = write!(
            style,
            ".s{half}{{grid-column-start:{line}}}.e{half}{{grid-column-end:{line}}}",
            line = half + 1
        );
    }
    for lane in 0..lanes {
        let _ = write!(style, ".m{lane}{{grid-column:{}/span 2}}", 2 * lane + 1);
    }
    let _ = write!(
        style,
        "@media(max-width:{}rem){{.ladder{{overflow-x:auto;overflow-y:hidden}}\
         .heads{{position:static}}.ladder .row,.ladder .verdict,.ladder .silence,.heads{{min-width:{}rem}}}}",
        lanes * LANE + GUTTER + 2,
        lanes * LANE + GUTTER,
    );
    style
}

fn rung(rung: &Rung, lanes: usize) -> Markup {
    let [left, right] = [rung.from.min(rung.to), rung.from.max(rung.to)];
    let span = if left == right {
        format!("m{left} self")
    } else {
        // From the middle of one rail to the middle of the other.
        format!("s{} e{}", 2 * left + 1, 2 * right + 1)
    };
    let way = if rung.from <= rung.to {
        "right"
    } else {
        "left"
    };
    let line = match rung.line {
        Line::Solid => "solid",
        Line::Thin => "thin",
        Line::Copy => "copy",
        Line::Error => "error",
        Line::Piece => "piece",
    };
    let role = markup::class(rung.role);
    let last = (rung.count > 1).then_some(rung.last_frame);
    html! {
        li.row.stated[!rung.after.is_empty()] data-f=(rung.frame) data-last=[last] {
            div.gutter {
                (markup::frame(rung.frame))
                time { (rung.time.trim()) }
                (markup::conversation(&rung.of))
            }
            div.lanes {
                (marks(&rung.before, "before"))
                span class={ "label " (around(left, right, lanes)) } {
                    @match rung.bracket {
                        Some(Bracket::Begin) => "⎡ ",
                        Some(Bracket::Middle) => "⎢ ",
                        Some(Bracket::End) => "⎣ ",
                        None => "",
                    }
                    (label(&rung.label))
                    @if let Some(last) = last { " " span.quiet { "… " (markup::frame(last)) } }
                }
                span class={ "shaft " (span) " " (way) " " (line) " " (role) @if rung.is_unheard { " unheard" } } {}
                @if let Some(via) = rung.via { span class={ "via m" (via) " " (role) } {} }
                (marks(&rung.after, "after"))
            }
        }
    }
}

/// The place of words about two rails: between them, and beyond as far on one side as on the other.
fn around(left: usize, right: usize, lanes: usize) -> String {
    let beyond = left.min(lanes.saturating_sub(right + 1));
    format!("s{} e{}", 2 * (left - beyond), 2 * (right + beyond + 1))
}

fn label(label: &Label) -> Markup {
    html! {
        @for (at, piece) in label.pieces.iter().enumerate() {
            @if at > 0 { " " }
            @match piece.kind {
                PieceKind::Said | PieceKind::Bytes => {
                    span class={ "words " (markup::class(piece.role)) } { (text::with_emoji(&piece.shown())) }
                }
                PieceKind::Word | PieceKind::Remark | PieceKind::Extra => (markup::piece(piece.role, &piece.shown())),
            }
        }
    }
}

fn marks(marks: &[Mark], when: &str) -> Markup {
    html! {
        @for mark in marks {
            @let kind = if mark.is_inferred { "inferred" } else { "seen" };
            span class={ "state " (kind) " " (when) " m" (mark.lane) } {
                (mark.shown())
            }
        }
    }
}

fn verdict(verdict: &Verdict, lanes: usize) -> Markup {
    let [left, right] = verdict.lanes;
    let role = match verdict.role {
        Role::Plain => "quiet",
        role => markup::class(role),
    };
    html! {
        li.verdict {
            div.gutter { (markup::conversation(&verdict.of)) }
            div.lanes {
                span class={ "said " (around(left, right, lanes)) " " (role) } {
                    span.sign { (verdict.sign) } (markup::linked(&verdict.text))
                }
            }
        }
    }
}
