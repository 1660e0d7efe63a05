//! One account: what is in it, what binds it, whom it believes.

use std::sync::Arc;

use super::entity::account_of;
use super::frame::Section;
use super::listing::Kind;
use super::parts::{Column, Href, MOST_SHOWN};
use super::{Asked, HOME, Look, nothing};
use crate::html::{Html, Page};
use crate::identities::{Account, OidcProvider, SamlProvider};
use crate::ids::arn::name_in;
use crate::store::records::KeyOwner;

pub(super) fn page(look: &Look<'_>, asked: Asked<'_>) -> Page {
    let Some(account) = account_of(look, asked) else { return nothing(look) };
    let identities = &look.snapshot.identities;
    let id = account.id.to_string();
    let card = |html: Html, kind: Kind| {
        html.put("<li><a")
            .attribute("href", Href::to(kind.path()).with("account", &id).as_str())
            .put("><strong>")
            .text(&kind.count(look, account.id).to_string())
            .put("</strong> ")
            .put(kind.title())
            .put("</a></li>\n")
    };
    let content = Html::default()
        .done(&asked.text("done"))
        .put("<ul class=\"cards\">\n")
        .each(Kind::ALL, card)
        .put("</ul>\n")
        .facts(|html| {
            html.fact("Account", |html| html.code(&id))
                .some(account.record.alias.as_ref(), |html, alias| html.fact_text("Alias", alias))
                .fact_text("Partition", account.record.partition.as_str())
                .fact("Root user", |html| html.code(&account.root_arn()))
                .some(identities.organization_of(account.id), |html, organization| {
                    html.fact("Organization", |html| {
                        html.code(organization.path(account.id))
                            .put(" ")
                            .text(organization.unit_names(account.id))
                            .put(" ")
                            .tag("", place(organization.management == account.id))
                    })
                })
        });
    let content = organization(content, look, account);
    let content = providers(content, look, account)
        .put("<h2 class=\"part\">The root user</h2>\n")
        .credentials(look, &KeyOwner::Root(account.id))
        .end_all(look, "user", &account.root_arn());
    look.page_below(200, Section::Accounts, &[(Href::to(HOME), "Accounts".to_owned())], account.label(), content)
}

fn place(leads: bool) -> &'static str {
    if leads { "management account" } else { "member" }
}

/// The policies by which an organization binds the account.
fn organization(html: Html, look: &Look<'_>, account: &Account) -> Html {
    let Some(organization) = look.snapshot.identities.organization_of(account.id) else { return html };
    let service =
        organization.service_control_levels(account.id).into_iter().flatten().map(|policy| ("service control", policy));
    let resource =
        organization.resource_control_policies(account.id).into_iter().map(|policy| ("resource control", policy));
    let binding: Vec<_> = service.chain(resource).collect();
    html.section("What the organization says")
        .when(binding.is_empty(), |html| html.put("<p class=\"note\">Nothing that binds this account.</p>\n"))
        .each(binding.iter().take(MOST_SHOWN), |html, (kind, policy)| {
            html.put("<details>\n<summary>")
                .text(name_in(&policy.name))
                .put(" ")
                .tag("", kind)
                .put("</summary>\n")
                .document(policy.policy.source())
                .put("</details>\n")
        })
        .beyond(binding.len())
        .put("</section>\n")
}

/// The identity providers that the account believes.
fn providers(html: Html, look: &Look<'_>, account: &Account) -> Html {
    let identities = &look.snapshot.identities;
    let oidc: Vec<&Arc<OidcProvider>> = identities.oidc_providers_of(account.id).take(MOST_SHOWN).collect();
    let saml: Vec<&Arc<SamlProvider>> = identities.saml_providers_of(account.id).into_iter().take(MOST_SHOWN).collect();
    let oidc_columns: [Column<'_, &Arc<OidcProvider>>; 3] = [
        ("Issuer", &|html, provider| html.text(provider.issuer.as_iss())),
        ("ARN", &|html, provider| html.code(&provider.arn)),
        ("Client ids", &|html, provider| {
            html.each(provider.record.client_ids.iter().take(MOST_SHOWN), |html, id| html.text(id.as_ref()).put(" "))
        }),
    ];
    let saml_columns: [Column<'_, &Arc<SamlProvider>>; 1] = [("ARN", &|html, provider| html.code(&provider.arn))];
    html.when(!oidc.is_empty(), |html| {
        html.section("Issuers of OpenID Connect").table("Issuers", &oidc_columns, &oidc).put("</section>\n")
    })
    .when(!saml.is_empty(), |html| {
        html.section("SAML providers").table("SAML providers", &saml_columns, &saml).put("</section>\n")
    })
}
