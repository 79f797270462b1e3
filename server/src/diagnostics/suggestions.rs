//! rustc's suggestions as edits.

use std::path::Path;

use cargo_metadata::diagnostic::{Applicability, Diagnostic as Message, DiagnosticSpan};

use super::{Edit, Fix, places};

/// The edits that the children of `message` suggest and that can be made without a person filling in blanks.
pub(super) fn fixes(message: &Message, cwd: &Path) -> Vec<Fix> {
    message.children.iter().flat_map(|child| fixes_of(child, cwd)).collect()
}

fn fixes_of(child: &Message, cwd: &Path) -> Vec<Fix> {
    let groups = alternatives(&child.spans);
    let is_choice = groups.len() > 1;
    groups.iter().filter_map(|parts| fix(&child.message, parts, is_choice, cwd)).collect()
}

/// rustc lists the parts of all alternatives one after the other. A part at a place that the alternative has
/// already edited begins the next one.
pub(super) fn alternatives(spans: &[DiagnosticSpan]) -> Vec<Vec<&DiagnosticSpan>> {
    let mut groups: Vec<Vec<&DiagnosticSpan>> = Vec::new();
    for span in spans.iter().filter(|span| span.suggested_replacement.is_some()) {
        match groups.last_mut() {
            Some(group) if !group.iter().any(|part| same_place(part, span)) => group.push(span),
            _ => groups.push(vec![span]),
        }
    }
    groups
}

fn same_place(one: &DiagnosticSpan, other: &DiagnosticSpan) -> bool {
    (&one.file_name, one.byte_start, one.byte_end) == (&other.file_name, other.byte_start, other.byte_end)
}

fn fix(title: &str, parts: &[&DiagnosticSpan], is_choice: bool, cwd: &Path) -> Option<Fix> {
    let is_sure = |part: &&DiagnosticSpan| is(part, &Applicability::MachineApplicable);
    // A blank that is a comment does not compile; a macro that panics does. What rustc does not vouch for is only told.
    let is_filled = |part: &&DiagnosticSpan| {
        is(part, &Applicability::HasPlaceholders) && !replacement(part).contains("/*")
    };
    let is_usable = |part: &&DiagnosticSpan| {
        let is_users = places::is_source(part) && places::is_users(&places::location(part, cwd).path);
        is_users && (is_sure(part) || is(part, &Applicability::MaybeIncorrect) || is_filled(part))
    };
    if !parts.iter().all(is_usable) {
        return None;
    }
    Some(Fix {
        title: full_title(title, parts, is_choice),
        edits: parts.iter().map(|part| edit(part, cwd)).collect(),
        preferred: parts.iter().all(is_sure) && !is_choice,
    })
}

fn is(part: &DiagnosticSpan, applicability: &Applicability) -> bool {
    part.suggestion_applicability.as_ref() == Some(applicability)
}

/// The title alone does not tell alternatives apart.
fn full_title(title: &str, parts: &[&DiagnosticSpan], is_choice: bool) -> String {
    let replacement = replacement(parts[0]);
    let is_short = parts.len() == 1 && !replacement.is_empty() && !replacement.contains('\n');
    if is_choice || is_short { format!("{title}: `{replacement}`") } else { title.to_owned() }
}

/// What comes, for a person to read.
pub(super) fn replacement(part: &DiagnosticSpan) -> &str {
    part.suggested_replacement.as_deref().unwrap_or_default().trim()
}

fn edit(part: &DiagnosticSpan, cwd: &Path) -> Edit {
    Edit { span: places::location(part, cwd), text: part.suggested_replacement.clone().unwrap_or_default() }
}
