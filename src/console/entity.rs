//! What users, groups and roles have in common: an account, tags, policies, keys.

use std::sync::Arc;

use super::parts::{Column, Href, MOST_SHOWN};
use super::{Asked, Look};
use crate::html::Html;
use crate::identities::{AccessKey, Account};
use crate::ids::AccountId;
use crate::ids::arn::name_in;
use crate::ids::tags::Tag;
use crate::store::records::{KeyOwner, Permissions};
use crate::time::Timestamp;

/// The account that a page is about.
pub(super) fn account_of<'a>(look: &Look<'a>, asked: Asked<'_>) -> Option<&'a Arc<Account>> {
    look.snapshot.identities.account(AccountId::parse(&asked.text("account"))?)
}

/// The way up from a page about something in an account.
pub(super) fn above(account: &Account, path: &'static str, name: &str) -> [(Href, String); 2] {
    let id = account.id.to_string();
    [
        (Href::to("/console/account").with("account", &id), account.label()),
        (Href::to(path).with("account", &id), name.to_owned()),
    ]
}

impl Html {
    /// Adds what IAM has made of somebody or something.
    pub(super) fn identity(self, arn: &str, id: &str, created: Timestamp) -> Self {
        self.fact("ARN", |html| html.code(arn))
            .fact("Unique id", |html| html.code(id))
            .fact("Created", |html| html.instant(created))
    }

    /// Adds tags, if there are any.
    pub(super) fn tags(self, tags: &[Tag]) -> Self {
        let tag = |html: Self, tag: &Tag| {
            html.put("<span class=\"tag\">").text(tag.key.as_str()).put(" = ").text(tag.value.as_str()).put("</span> ")
        };
        let shown = Some(tags).filter(|tags| !tags.is_empty());
        self.some(shown, |html, tags| html.fact("Tags", |html| html.each(tags.iter().take(MOST_SHOWN), tag)))
    }

    /// Adds the policies of somebody, with their documents.
    pub(super) fn policies(self, look: &Look<'_>, permissions: &Permissions) -> Self {
        let identities = &look.snapshot.identities;
        let inline = permissions.inline.iter().map(|policy| (policy.name.as_str(), &*policy.document, None));
        let attached = permissions.attached.iter().map(|arn| {
            let document = identities.managed_policy(arn).map(|found| &**found.policy.source());
            (name_in(arn), document.unwrap_or_default(), Some(arn))
        });
        let count = permissions.inline.len() + permissions.attached.len();
        let one = |html: Self, (name, document, arn): (&str, &str, Option<&String>)| {
            let kind = if arn.is_some() { "managed" } else { "inline" };
            html.put("<details>\n<summary>")
                .text(name)
                .put(" ")
                .tag("", kind)
                .put("</summary>\n")
                .some(arn, |html, arn| {
                    html.put("<p class=\"note\">")
                        .link(&Href::to("/console/policy").with("arn", arn), arn)
                        .put("</p>\n")
                })
                .document(document)
                .put("</details>\n")
        };
        self.section("Policies")
            .when(count == 0, |html| html.put("<p class=\"note\">None.</p>\n"))
            .each(inline.chain(attached).take(MOST_SHOWN), one)
            .beyond(count)
            .put("</section>\n")
    }

    /// Says how many there are if not all are shown.
    pub(super) fn beyond(self, count: usize) -> Self {
        let hidden = count.checked_sub(MOST_SHOWN).filter(|hidden| *hidden > 0);
        self.some(hidden, |html, hidden| {
            html.put("<p class=\"note\">And ").text(&hidden.to_string()).put(" more, which are not shown.</p>\n")
        })
    }

    /// Adds what bounds somebody, if anything does.
    pub(super) fn boundary(self, permissions: &Permissions) -> Self {
        self.some(permissions.boundary.as_ref(), |html, arn| {
            html.fact("Permissions boundary", |html| html.link(&Href::to("/console/policy").with("arn", arn), arn))
        })
    }

    /// Adds the keys and the MFA devices of somebody. Their secrets are on no page.
    pub(super) fn credentials(self, look: &Look<'_>, owner: &KeyOwner) -> Self {
        let identities = &look.snapshot.identities;
        let keys: Vec<&Arc<AccessKey>> = identities.access_keys_of(owner).take(MOST_SHOWN).collect();
        let devices: Vec<&str> =
            identities.mfa_devices_of(owner).take(MOST_SHOWN).map(|device| &*device.serial_number).collect();
        let columns: [Column<'_, &Arc<AccessKey>>; 4] = [
            ("Id", &|html, key| html.key(key.id.as_str())),
            ("State", &|html, key| {
                if key.record.active { html.tag("good", "active") } else { html.tag("bad", "inactive") }
            }),
            ("Created", &|html, key| html.instant(key.record.created)),
            ("Last used", &|html, key| match key.last_use.get() {
                None => html.put("never"),
                Some(used) => html.instant(used.at).put(", ").text(&used.service).put(" in ").text(&used.region),
            }),
        ];
        let device: [Column<'_, &str>; 1] = [("Serial number", &|html, serial| html.code(serial))];
        self.section("Access keys")
            .table("Access keys", &columns, &keys)
            .put("</section>\n")
            .section("MFA devices")
            .table("MFA devices", &device, &devices)
            .put("</section>\n")
    }

    /// Adds what can be done with a principal: see its sessions, try what it may.
    pub(super) fn ways_on(self, arn: &str) -> Self {
        self.put("<p class=\"ways\">")
            .link(&Href::to("/console/tester").with("principal", arn), "Try what it may do")
            .put(" ")
            .link(&Href::to("/console/sessions").with("principal", arn), "Its sessions")
            .put("</p>\n")
    }

    /// Adds a button that ends all sessions of a principal.
    pub(super) fn end_all(self, look: &Look<'_>, kind: &'static str, arn: &str) -> Self {
        self.section("End all sessions")
            .form("/console/sessions/end-all", look)
            .hidden(kind, arn)
            .put("<p>Credentials that were given out until now stop working; new ones can be had.</p>\n")
            .put("<p><button class=\"danger\">End all its sessions</button></p>\n</form>\n</section>\n")
    }
}
