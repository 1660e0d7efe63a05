//! A managed policy, and who has it.

use super::entity::above;
use super::frame::Section;
use super::parts::{Column, Href, MOST_SHOWN};
use super::{Asked, Look, nothing};
use crate::html::{Html, Page};
use crate::identities::{Holder, HolderKind, Identities, ManagedPolicy, aws_managed_policy};
use crate::ids::AccountId;
use crate::store::records::PolicyVersion;

pub(super) fn page(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let arn = asked.text("arn");
    match look.snapshot.identities.policy(&arn) {
        Some(policy) => customer_managed(look, policy),
        None => aws_managed(look, &arn),
    }
}

fn customer_managed(look: &Look<'_>, policy: &ManagedPolicy) -> Page {
    let identities = &look.snapshot.identities;
    let ManagedPolicy { arn, record, .. } = policy;
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
    let holders = identities.holders(record.account, arn).take(MOST_SHOWN);
    let holders: Vec<Having> = holders.filter_map(|holder| Having::of(holder, record.account, identities)).collect();
    let columns: [Column<'_, Having>; 3] = [
        ("Name", &|html, it| html.link(&it.to, &it.name)),
        ("Kind", &|html, it| html.put(it.kind.word())),
        ("As", &|html, it| html.put(if it.bounded { "permissions boundary" } else { "attached policy" })),
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

/// Somebody who has the policy.
struct Having {
    to: Href,
    name: String,
    kind: HolderKind,
    bounded: bool,
}

impl Having {
    fn of(holder: &Holder, account: AccountId, identities: &Identities) -> Option<Self> {
        let (_, name) = identities.path_and_name(holder)?;
        let path = match holder.kind {
            HolderKind::User => "/console/user",
            HolderKind::Group => "/console/group",
            HolderKind::Role => "/console/role",
        };
        let to = Href::named(path, account, name);
        Some(Self { to, name: name.to_owned(), kind: holder.kind, bounded: holder.bounded })
    }
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
        .document(&policy.document())
        .put("</section>\n");
    look.page(200, Section::Accounts, format!("Policy {}", policy.name), content)
}
