//! A decision, statement by statement.

use super::parts::{Href, MOST_SHOWN};
use crate::access::{Finding, why_not};
use crate::html::Html;
use crate::ids::arn::name_in;
use crate::policy::decision::{Layer, LayerOutcome, Verdict};
use crate::policy::document::Effect;
use crate::policy::explain::StatementTrace;
use crate::policy::matching::Miss;

/// What came of a question; `role` is the one whose trust policy was asked.
pub(super) fn html(found: &Finding<'_>, role: Option<&Href>) -> Html {
    let verdict = match found.decision.verdict {
        Verdict::Allow => "<section class=\"verdict good\" role=\"status\">\n<h2>Allowed</h2>\n<p>",
        Verdict::ExplicitDeny => {
            "<section class=\"verdict bad\" role=\"status\">\n<h2>Denied: a statement says so</h2>\n<p>"
        }
        Verdict::ImplicitDeny => {
            "<section class=\"verdict bad\" role=\"status\">\n<h2>Denied: nothing allows it</h2>\n<p>"
        }
    };
    let traces = found.explanation.as_ref().map(|explanation| explanation.statements.as_slice()).unwrap_or_default();
    let is_elsewhere = |trace: &&StatementTrace<'_>| trace.outcome == Err(Miss::Action);
    let about: Vec<&StatementTrace<'_>> = traces.iter().filter(|trace| !is_elsewhere(trace)).collect();
    let elsewhere: Vec<&StatementTrace<'_>> = traces.iter().filter(is_elsewhere).collect();
    let layer = |html: Html, layer: Layer| {
        let (kind, word) = match found.decision.layers.of(layer) {
            LayerOutcome::Absent => return html,
            LayerOutcome::NoMatch => ("", "nothing applies"),
            LayerOutcome::Allow => ("good", "Allow"),
            LayerOutcome::Deny => ("bad", "Deny"),
        };
        html.fact(name(layer), |html| html.tag(kind, word))
    };
    let missing = found.explanation.as_ref().map(|explanation| explanation.keys_missing(found.context));
    let missing = missing.map(|keys| keys.join(", ")).unwrap_or_default();
    Html::of(verdict)
        .text(&sentence(&found.reason().unwrap_or_default()))
        .put("</p>\n")
        .facts(|html| html.each(Layer::ALL.iter().copied(), layer))
        .note("Statements read context that was not given: ", &missing)
        .some(role, |html, role| {
            html.put("<p class=\"note\">").link(role, "The role and its trust policy").put("</p>\n")
        })
        .each(about.iter().take(MOST_SHOWN), |html, trace| statement(html, trace, found))
        .beyond(about.len())
        .some((!elsewhere.is_empty()).then_some(elsewhere), |html, elsewhere| {
            html.put("<details>\n<summary>Statements about other actions: ")
                .text(&elsewhere.len().to_string())
                .put("</summary>\n")
                .each(elsewhere.iter().take(MOST_SHOWN), |html, trace| statement(html, trace, found))
                .beyond(elsewhere.len())
                .put("</details>\n")
        })
        .put("</section>\n")
}

fn statement(html: Html, trace: &StatementTrace<'_>, found: &Finding<'_>) -> Html {
    let kind = match trace.effect() {
        Effect::Allow => "good",
        Effect::Deny => "bad",
    };
    let applies = trace.outcome.is_ok();
    let outcome = match &trace.outcome {
        Ok(_) => "applies".to_owned(),
        Err(miss) => format!("does not apply: it {}", why_not(miss, found.context)),
    };
    let policy = if trace.policy.starts_with("arn:") { name_in(trace.policy) } else { trace.policy };
    let number = format!("statement {}", trace.at + 1);
    html.put(if applies {
        "<details class=\"statement applies\">\n<summary>"
    } else {
        "<details class=\"statement\">\n<summary>"
    })
    .tag(if applies { kind } else { "" }, trace.effect().word())
    .put(" ")
    .text(trace.statement.sid().unwrap_or(&number))
    .put(" of ")
    .text(policy)
    .put(" <span class=\"note\">")
    .put(name(trace.layer))
    .put("</span> <span class=\"outcome\">")
    .text(&outcome)
    .put("</span></summary>\n")
    .document(&trace.statement.print())
    .put("</details>\n")
}

fn name(layer: Layer) -> &'static str {
    match layer {
        Layer::ServiceControl => "Service control policies",
        Layer::ResourceControl => "Resource control policies",
        Layer::Resource => "The resource's own policy",
        Layer::Identity => "Identity policies",
        Layer::Boundary => "Permissions boundary",
        Layer::Session => "Session policies",
    }
}

/// A reason of the log as a sentence.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
