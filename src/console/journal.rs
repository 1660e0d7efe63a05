//! What was asked and answered, newest first, and each call with why it ended so.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::frame::Section;
use super::parts::{Column, Href, MOST_SHOWN};
use super::{Asked, Look, nothing};
use crate::html::{Html, Page};
use crate::journal::note::{Caller, Decision, Note, Text};
use crate::journal::query::Query;
use crate::journal::{Entry, Journal, Outcome, Surface};
use crate::wire::query::form;

const PATH: &str = "/console/journal";

/// The filters of the page, which are some of the journal's own.
const FILTERS: [&str; 4] = ["action", "caller", "outcome", "role"];

pub(super) fn page(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let journal = look.visit.journal;
    let sought = FILTERS.map(|name| (name, asked.text(name)));
    let form_of = form_of(&sought);
    if !journal.is_on() {
        let off = Html::of("<p class=\"note\">The journal is off: leave out <code>--journal 0</code>.</p>\n");
        return look.page(200, Section::Journal, "Journal", off);
    }
    let given: Vec<(&str, &str)> =
        sought.iter().map(|(name, value)| (*name, value.as_str())).filter(|(_, value)| !value.is_empty()).collect();
    let query = match Query::read(&form(&given), journal) {
        Ok(query) => query,
        Err(why) => return look.page(400, Section::Journal, "Journal", form_of.refusal(&why)),
    };
    let before = asked.some("before").and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    let last = journal.size().written.min(before.saturating_sub(1));
    // Without a filter the newest are the last numbers; with one all have to be looked at.
    let wanted = MOST_SHOWN as u64 + 1;
    let after = if given.is_empty() { last.saturating_sub(wanted) } else { 0 };
    let entries = newest(journal, &query, after, last);
    let more = entries.len() > MOST_SHOWN;
    let entries: Vec<Entry> = entries.into_iter().rev().take(MOST_SHOWN).collect();
    let next = entries.last().filter(|_| more).map(|last| {
        let here = sought.iter().fold(Href::to(PATH), |href, (name, value)| href.with(name, value));
        here.with("before", &last.number.to_string())
    });
    let columns: [Column<'_, Entry>; 5] = [
        ("Time", &|html, entry| html.instant(entry.note.at)),
        ("Call", &|html, entry| {
            let to = Href::to("/console/call").with("number", &entry.number.to_string());
            html.link(&to, entry.note.action().unwrap_or("what does not exist"))
                .put("<span class=\"note\"> at ")
                .put(entry.note.surface.word())
                .put("</span>")
        }),
        ("Who", &|html, entry| html.code(&who(&entry.note))),
        ("Answer", &|html, entry| outcome(html, &entry.note)),
        ("Because", &|html, entry| {
            let because = entry.note.error.as_ref().and_then(|error| error.because.as_deref());
            html.some(because, |html, because| html.put("<span class=\"note\">").text(because).put("</span>"))
        }),
    ];
    let content = form_of.table("Calls, newest first", &columns, &entries).next(next.as_ref());
    look.page(200, Section::Journal, "Journal", content)
}

/// The newest entries that `query` takes behind `after` and up to `last`, and one more than are shown.
fn newest(journal: &Journal, query: &Query, after: u64, last: u64) -> VecDeque<Entry> {
    let mut entries = VecDeque::new();
    journal.scan(after, |entry| {
        if entry.number > last {
            return ControlFlow::Break(());
        }
        if query.pattern.takes(&entry) {
            entries.push_back(entry);
            if entries.len() > MOST_SHOWN + 1 {
                entries.pop_front();
            }
        }
        ControlFlow::Continue(())
    });
    entries
}

fn form_of(sought: &[(&'static str, String); 4]) -> Html {
    let [action, caller, chosen, role] = sought.each_ref().map(|(_, value)| value.as_str());
    let option = |html: Html, word: &'static str| {
        let name = if word.is_empty() { "any" } else { word };
        html.put("<option value=\"")
            .put(word)
            .put(if word == chosen { "\" selected>" } else { "\">" })
            .put(name)
            .put("</option>")
    };
    let words = std::iter::once("").chain(Outcome::ALL.iter().map(|outcome| outcome.word()));
    Html::of("<form class=\"filters\" role=\"search\" action=\"/console/journal\">\n")
        .field("Caller", "caller", caller, "*:user/alice")
        .field("Call", "action", action, "Assume*")
        .field("Role", "role", role, "*/deployer")
        .put("<label class=\"field\">Answer<select name=\"outcome\">")
        .each(words, option)
        .put("</select></label>\n<button class=\"quiet\">Search</button>\n</form>\n")
}

fn who(note: &Note<'_>) -> String {
    let caller = note.caller.as_ref();
    let arn = caller.and_then(Caller::arn);
    let key = || caller.and_then(|caller| caller.access_key_id.as_ref()).map(Text::to_string);
    // Where nobody signs, whoever gets there is meant.
    let unsigned = match note.surface {
        Surface::Admin => "the operator",
        Surface::Container => "a container",
        Surface::Imds => "the instance",
        _ => "nobody",
    };
    arn.or_else(key).unwrap_or_else(|| unsigned.to_owned())
}

fn outcome(html: Html, note: &Note<'_>) -> Html {
    let kind = if note.outcome == Outcome::Success { "good" } else { "bad" };
    let code = note.error.as_ref().map(|error| error.code.as_ref());
    html.tag(kind, note.outcome.word()).some(code, |html, code| html.put(" ").text(code))
}

/// One call, with everything that is known of it.
pub(super) fn call(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let Some(number) = asked.text("number").parse::<u64>().ok().filter(|number| *number > 0) else {
        return nothing(look);
    };
    let mut found = None;
    look.visit.journal.scan(number - 1, |entry| {
        found = Some(entry).filter(|entry| entry.number == number);
        ControlFlow::Break(())
    });
    let Some(entry) = found else { return nothing(look) };
    let note = &entry.note;
    let error = note.error.as_ref();
    let caller = note.caller.as_ref().and_then(Caller::arn);
    let text =
        |html: Html, name: &'static str, text: Option<&str>| html.some(text, |html, text| html.fact_text(name, text));
    let content = outcome(Html::of("<p>"), note)
        .put(" <span class=\"note\">")
        .text(&note.status.to_string())
        .put("</span></p>\n")
        .some(error.and_then(|error| error.message.as_deref()), |html, message| {
            html.put("<p class=\"refusal\">").text(message).put("</p>\n")
        })
        .facts(|html| {
            let html = text(html, "Because", error.and_then(|error| error.because.as_deref()));
            let html = html
                .fact("Time", |html| html.instant(note.at))
                .fact_text("Asked at", note.surface.word())
                .fact("Who", |html| html.code(&who(note)))
                .some(note.source_ip, |html, address| html.fact_text("From", &address.to_string()));
            let html = text(html, "Client", note.user_agent.text().as_deref());
            let html = text(html, "Region", Some(note.region.as_ref()).filter(|region| !region.is_empty()));
            let html = html.some(note.made.as_ref(), |html, made| {
                let to = Href::to("/console/sessions").with("key", &made.access_key_id).with("all", "yes");
                html.fact("Made", |html| html.link(&to, &made.access_key_id))
            });
            text(html, "Request id", Some(note.request_id.as_ref()).filter(|id| !id.is_empty()))
        });
    let asked = questions(note);
    let tried = |html: Html, (action, resource): &(String, String)| {
        let to = Href::to("/console/tester")
            .with("principal", caller.as_deref().unwrap_or_default())
            .with("action", action)
            .with("resource", resource);
        html.put("<p class=\"ways\">")
            .link(&to, &format!("Try {action} on {resource}, statement by statement"))
            .put("</p>\n")
    };
    let content = content
        .some((!note.decisions.is_empty()).then_some(&note.decisions), |html, decisions| {
            html.section("What was decided").table("Decisions", &DECISIONS, decisions).put("</section>\n")
        })
        .each(asked.iter().take(MOST_SHOWN), tried)
        .section("What was said")
        .table("Parameters", &PARAMS, &note.params)
        .put("</section>\n");
    let above = [(Href::to(PATH), "Journal".to_owned())];
    let title = format!("Call {}: {}", entry.number, note.action().unwrap_or("what does not exist"));
    look.page_below(200, Section::Journal, &above, title, content)
}

/// What the policies were asked for this call, as far as the tester can ask it again.
fn questions(note: &Note<'_>) -> Vec<(String, String)> {
    let decided = note.decisions.iter().map(|decision| (decision.action.to_string(), decision.resource.to_string()));
    let role = note.params.iter().find(|(name, _)| name == "RoleArn").map(|(_, role)| role.to_string());
    let assumed = note.action().filter(|action| *action == "AssumeRole").zip(role);
    decided.chain(assumed.map(|(action, role)| (format!("sts:{action}"), role))).collect()
}

const DECISIONS: [Column<'static, Decision<'static>>; 3] = [
    ("Action", &|html, decision| html.code(&decision.action)),
    ("Resource", &|html, decision| html.code(&decision.resource)),
    ("Decision", &|html, decision| {
        let kind = if decision.decision == "allow" { "good" } else { "bad" };
        html.put("<span class=\"tag ")
            .put(kind)
            .put("\">")
            .text(&decision.decision)
            .put("</span> ")
            .text(&decision.basis)
    }),
];

const PARAMS: [Column<'static, (Text<'static>, Text<'static>)>; 2] =
    [("Name", &|html, (name, _)| html.code(name)), ("Value", &|html, (_, value)| html.code(value))];
