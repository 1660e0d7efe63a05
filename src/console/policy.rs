//! A managed policy, and who has it.

use super::entity::above;
use super::frame::Section;
use super::parts::{Column, Href, MOST_SHOWN};
use super::{Asked, Look, nothing};
use crate::html::{Html, Page};
use crate::identities::{Holder, HolderKind, aws_managed_policy};
use crate::store::records::PolicyVersion;

pub(super) fn page(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let arn = asked.text("arn");
    match look.snapshot.identities.policy(&arn) {
        Some(_) => customer_managed(look, &arn),
        None => aws_managed(look, &arn),
    }
}

fn customer_managed(look: &Look<'_>, arn: &str) -> Page {
    let identities = &look.snapshot.identities;
    let Some(policy) = identities.policy(arn) else { return nothing(look) };
    let record = &policy.record;
    let Some(account) = identities.account(record.account) else { return nothing(look) };
    let version = |html: Html, version: &PolicyVersion| {
        let counts = version.number == record.default_version;
        html.put(if counts { "<details open>\n<summary>v" } else { "<details>\n<summary>v" })
            .text(&version.number.to_string())
            .put(", ")
            .instant(version.created)
            .when(counts, |html| html.put(" ").tag("good", "in force"))
            .put("</summary>\n")
            .document(&version.document)
            .put("</details>\n")
    };
    let holders: Vec<(&'static str, String, Href, bool)> = identities
        .holders(record.account, arn)
        .take(MOST_SHOWN)
        .filter_map(|holder| named(look, holder).map(|(kind, name, to)| (kind, name, to, holder.bounded)))
        .collect();
    let columns: [Column<'_, (&'static str, String, Href, bool)>; 3] = [
        ("Name", &|html, (_, name, to, _)| html.link(to, name)),
        ("Kind", &|html, (kind, ..)| html.put(kind)),
        ("As", &|html, (_, _, _, bounded)| html.put(if *bounded { "permissions boundary" } else { "attached policy" })),
    ];
    let content = Html::default()
        .facts(|html| {
            html.identity(arn, policy.id.as_str(), record.created)
                .some(record.description.as_ref(), |html, text| html.fact_text("Description", text))
                .tags(&record.tags)
        })
        .section("Versions")
        .each(record.versions.iter().rev(), version)
        .put("</section>\n")
        .section("Who has it")
        .table("Who has it", &columns, &holders)
        .beyond(identities.holders(record.account, arn).count())
        .put("</section>\n");
    let above = above(account, "/console/policies", "Policies");
    look.page_below(200, Section::Accounts, &above, format!("Policy {}", record.name), content)
}

fn named(look: &Look<'_>, holder: &Holder) -> Option<(&'static str, String, Href)> {
    let identities = &look.snapshot.identities;
    let (kind, path, account, name) = match holder.kind {
        HolderKind::User => {
            let user = &identities.user(&holder.id)?.record;
            ("user", "/console/user", user.account, user.name.to_string())
        }
        HolderKind::Group => {
            let group = &identities.group(&holder.id)?.record;
            ("group", "/console/group", group.account, group.name.to_string())
        }
        HolderKind::Role => {
            let role = &identities.role(&holder.id)?.record;
            ("role", "/console/role", role.account, role.name.to_string())
        }
    };
    let to = Href::named(path, account, &name);
    Some((kind, name, to))
}

fn aws_managed(look: &Look<'_>, arn: &str) -> Page {
    let Some(policy) = aws_managed_policy(arn) else { return nothing(look) };
    let content = Html::default()
        .facts(|html| {
            html.fact("ARN", |html| html.code(arn))
                .fact("Unique id", |html| html.code(policy.id))
                .fact_text("Version", &format!("v{}", policy.version))
                .fact("Of", |html| html.instant(policy.updated))
                .fact_text("Managed by", "AWS")
        })
        .section("Document")
        .document(policy.policy.policy.source())
        .put("</section>\n");
    look.page(200, Section::Accounts, format!("Policy {}", policy.name), content)
}
