//! Everything that an arrow says.

use super::super::{
    draft::{Draft, Of},
    layout::{Label, Line, PieceKind},
};
use crate::report::{
    style::Role,
    words::{Lang, ladder as words},
};

/// The label of an arrow; `original` is the one that it repeats, where that is drawn alone.
pub fn label(draft: &Draft, original: Option<&Draft>, lang: Lang) -> Label {
    let mut label = Label::default();
    let is_dropped_piece = draft.line != Line::Piece && draft.of == Of::Fragment;
    if !is_dropped_piece {
        label.pieces.extend(draft.label.pieces.iter().cloned());
    }
    // A datagram that was made whole is what its last piece says.
    if draft.bracket.is_some() && draft.said.is_some() {
        label.pieces.clear();
    }
    if let Some(tries) = draft.tries {
        label.word(Role::Odd, words::try_number(tries).text(lang));
    }
    let is_run = draft.count > 1;
    // A copy says what the original said.
    let said = original.and_then(|original| original.said.as_ref());
    if let Some((said, is_text)) = draft.said.as_ref().or(said) {
        let kind = if *is_text {
            PieceKind::Said
        } else {
            PieceKind::Bytes
        };
        label.push(kind, draft.voice, said.as_str());
    }
    match draft.bytes {
        Some(bytes) if is_run => {
            label.word(Role::Quiet, words::more_segments(draft.count).text(lang));
            label.word(Role::Quiet, words::bytes(bytes).text(lang));
        }
        Some(bytes) => {
            label.word(Role::Quiet, words::bytes(bytes).text(lang));
        }
        None => {}
    }
    if let Some((bytes, frames)) = draft.part_of.filter(|_| !is_run) {
        label.extra(match draft.bracket {
            Some(_) => words::in_pieces(frames).text(lang),
            None => words::in_segments(bytes, frames).text(lang),
        });
    }
    if let Some(original) = draft.copy_of {
        label.word(Role::Odd, words::copy_of(&[original][..]).text(lang));
    }
    for (kind, role, remark) in &draft.remarks {
        label.push(*kind, *role, remark.as_str());
    }
    if is_run && draft.bytes.is_none() {
        label.word(Role::Odd, format!("×{}", draft.count));
    }
    if !draft.copied_in.is_empty() {
        let words = words::copied_in(&draft.copied_in).text(lang);
        label.word(Role::Odd, words);
    }
    if let Some(ack) = draft.acked_in {
        label.extra(words::acked_in(&[ack][..]).text(lang));
    }
    if let Some(port) = draft.port {
        label.extra(words::to_port(port).text(lang));
    }
    if label.pieces.is_empty() {
        label.word(Role::Quiet, words::EMPTY.of(lang));
    }
    label
}
