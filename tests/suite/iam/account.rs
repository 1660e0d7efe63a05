//! The account as a whole, and its providers of OpenID Connect.

use super::{ACCOUNT, ALLOW, TRUST, admin, arn, call, done, elements, texts, world};
use crate::support::{Call, check, refused};

#[test]
fn an_account_has_one_alias() {
    let world = world();
    let aliases = || texts(&done(&world, "ListAccountAliases", &[]), "member");
    assert!(aliases().is_empty());
    // iamx-alias-ok, iamx-alias-replace
    done(&world, "CreateAccountAlias", &[("AccountAlias", "one")]);
    done(&world, "CreateAccountAlias", &[("AccountAlias", "two")]);
    assert_eq!(aliases(), ["two"]);
    let taken = call("CreateAccountAlias", &[("AccountAlias", "two")]);
    let text = "The account alias two already exists.";
    check(&world, "iamx-alias-taken", &taken, refused(409, "EntityAlreadyExists", text));
    let other = call("DeleteAccountAlias", &[("AccountAlias", "one")]).send(&world);
    assert_eq!((other.status(), other.text("Code").as_deref()), (404, Some("NoSuchEntity")), "iamx-alias-del-other");
    done(&world, "DeleteAccountAlias", &[("AccountAlias", "two")]);
    assert!(aliases().is_empty());
}

#[test]
fn a_summary_counts_in_the_order_of_aws() {
    let world = world();
    let summary = done(&world, "GetAccountSummary", &[]);
    let (keys, values) = (texts(&summary, "key"), texts(&summary, "value"));
    // iamx-sum-keys, iam-s-summary-order
    assert_eq!(keys.len(), 34);
    assert_eq!(keys[..3], ["GroupPolicySizeQuota", "InstanceProfilesQuota", "Policies"]);
    assert_eq!(keys[33], "GroupsQuota");
    let value = |name: &str| values[keys.iter().position(|key| key == name).unwrap()].clone();
    for (name, expect) in
        [("Users", "3"), ("Roles", "1"), ("PolicyVersionsInUse", "1"), ("AccountAccessKeysPresent", "1")]
    {
        assert_eq!(value(name), expect, "{name}");
    }
}

#[test]
fn an_account_prefers_tokens() {
    let world = world();
    let version = || {
        let summary = done(&world, "GetAccountSummary", &[]);
        let at = texts(&summary, "key").iter().position(|key| key == "GlobalEndpointTokenVersion").unwrap();
        texts(&summary, "value")[at].clone()
    };
    let token = || {
        let call = Call::sts("GetSessionToken").region("aws-global").by(&admin());
        call.send(&world).keys().token.unwrap().len()
    };
    let short = token();
    // iamx-sts-pref, sts-s-pref-summary
    done(&world, "SetSecurityTokenServicePreferences", &[("GlobalEndpointTokenVersion", "v2Token")]);
    assert_eq!(version(), "2");
    assert!(token() > short);
    let text = "1 validation error detected: Value at 'globalEndpointTokenVersion' failed to satisfy constraint: Member must \
                satisfy enum value set: [v2Token, v1Token]";
    for odd in ["v3Token", "V1Token", "1", ""] {
        let call = call("SetSecurityTokenServicePreferences", &[("GlobalEndpointTokenVersion", odd)]);
        check(&world, "sts-s-pref-enum", &call, refused(400, "ValidationError", text));
    }
}

#[test]
fn an_account_vouches_for_its_own_or_not() {
    let world = world();
    let disabled = format!("Outbound identity federation is disabled for account {ACCOUNT}");
    let already = format!("Outbound identity federation is already disabled for account {ACCOUNT}");
    let enabled = format!("Outbound identity federation is already enabled for account {ACCOUNT}");
    let (enable, disable, get) = (
        call("EnableOutboundWebIdentityFederation", &[]),
        call("DisableOutboundWebIdentityFederation", &[]),
        call("GetOutboundWebIdentityFederationInfo", &[]),
    );
    for id in ["iam-s-outbound-off", "sts-s-out-get-off", "iam-outbound-disabled"] {
        check(&world, id, &get, refused(404, "FeatureDisabled", &disabled));
    }
    check(&world, "sts-s-out-disable-off", &disable, refused(404, "FeatureDisabled", &already));
    check(&world, "iamx-outbound-disable-off", &disable, refused(404, "FeatureDisabled", &already));
    // iamx-outbound-enable, sts-s-out-enable-ok
    let issuer = enable.send(&world).text("IssuerIdentifier").unwrap();
    check(&world, "sts-s-out-enable-on", &enable, refused(409, "FeatureEnabled", &enabled));
    check(&world, "iam-outbound-enabled", &enable, refused(409, "FeatureEnabled", &enabled));
    let info = get.send(&world);
    // iamx-outbound-info, sts-s-out-get-ok
    assert_eq!(
        (info.text("IssuerIdentifier").as_ref(), info.text("JwtVendingEnabled").as_deref()),
        (Some(&issuer), Some("true"))
    );
    // iam-s-outbound-stable
    assert_eq!(disable.send(&world).status(), 200);
    assert_eq!(enable.send(&world).text("IssuerIdentifier"), Some(issuer));
}

#[test]
fn providers_are_kept_as_aws_keeps_them() {
    let world = world();
    let provider = arn("oidc-provider/server.example.org");
    let upper = "A".repeat(40);
    let made = done(
        &world,
        "CreateOpenIDConnectProvider",
        &[
            ("Url", "https://server.example.org:443"),
            ("ClientIDList.member.1", "z"),
            ("ClientIDList.member.2", "a"),
            ("ClientIDList.member.3", "z"),
            ("ThumbprintList.member.1", &upper),
            ("ThumbprintList.member.2", &upper),
        ],
    );
    // iam-s-oidc-port
    assert_eq!(made.text("OpenIDConnectProviderArn").unwrap(), provider);
    let get = || done(&world, "GetOpenIDConnectProvider", &[("OpenIDConnectProviderArn", &provider)]);
    // iamx-oidc-get, iamx-oidc-url-scheme, iam-s-oidc-client-dedupe, iam-s-oidc-thumb-lower, iam-s-oidc-date-ms
    assert_eq!(
        elements(&get(), "GetOpenIDConnectProviderResult").join(" "),
        "ClientIDList ThumbprintList Url Tags CreateDate"
    );
    assert_eq!(texts(&get(), "member"), ["z".to_owned(), "a".to_owned(), "a".repeat(40), "a".repeat(40)]);
    assert_eq!(
        (get().text("Url").unwrap(), get().text("CreateDate").unwrap()),
        ("server.example.org".to_owned(), "2026-01-15T12:00:00.000Z".to_owned())
    );
    let owner = ("OpenIDConnectProviderArn", provider.as_str());
    // iamx-oidc-client-idem, iamx-oidc-client-rm-idem
    done(&world, "AddClientIDToOpenIDConnectProvider", &[owner, ("ClientID", "a")]);
    done(&world, "RemoveClientIDFromOpenIDConnectProvider", &[owner, ("ClientID", "absent")]);
    assert_eq!(texts(&get(), "member").len(), 4);
    let missing = arn("oidc-provider/nowhere.example");
    let (not_found, not_deleted) = (
        format!("OpenIDConnect Provider not found for arn {missing}"),
        format!("OpenId connect Provider {missing} cannot be found."),
    );
    let gone = ("OpenIDConnectProviderArn", missing.as_str());
    let asked = call("GetOpenIDConnectProvider", &[gone]);
    check(&world, "iam-oidc-none", &asked, refused(404, "NoSuchEntity", &not_found));
    let asked = call("DeleteOpenIDConnectProvider", &[gone]);
    check(&world, "iamx-oidc-delete-none", &asked, refused(404, "NoSuchEntity", &not_deleted));
    let create = |url: &str| call("CreateOpenIDConnectProvider", &[("Url", url)]);
    let taken = "Provider with url https://server.example.org already exists.";
    check(&world, "iam-oidc-dup", &create("https://server.example.org"), refused(409, "EntityAlreadyExists", taken));
    let refusal = refused(400, "ValidationError", "Invalid Open ID Connect Provider URL");
    check(&world, "iam-oidc-url", &create("nonsense"), refusal);
    check(&world, "iam-s-oidc-query", &create("https://x.example?a=b"), (400, "InvalidInput", None));
    // iamx-oidc-notnormal, iamx-oidc-path, iamx-oidc-noclients
    for url in ["https://server.example.org/", "https://Server.example.org", "https://server.example.org/oidc"] {
        let made = done(&world, "CreateOpenIDConnectProvider", &[("Url", url)]);
        assert_eq!(made.text("OpenIDConnectProviderArn").unwrap(), arn(&format!("oidc-provider/{}", &url[8..])));
    }
    let six = (1..=6)
        .fold(create("https://six.example"), |call, at| call.param(&format!("ThumbprintList.member.{at}"), &upper));
    let refusal = refused(400, "InvalidInput", "Thumbprint list must contain fewer than 5 entries.");
    check(&world, "iam-oidc-thumbs", &six, refusal);
    let update = call("UpdateOpenIDConnectProviderThumbprint", &[owner]);
    let refusal = refused(400, "InvalidInput", "Thumbprint list must contain at least one entry.");
    check(&world, "iam-s-oidc-thumb-none", &update, refusal);
    let loops = "Creating an OIDC provider with an STS issuer URL from the same partition is not supported. Within a partition, \
                 use AssumeRole instead of web identity federation.";
    let own = create("https://b4cbd3b8-eb0e-4e1c-9c1c-0a1b2c3d4e5f.tokens.sts.global.api.aws");
    check(&world, "gwit-oidc-loop", &own, refused(400, "InvalidInput", loops));
    let many = (1..=101).fold(create("https://many.example"), |call, at| {
        call.param(&format!("ClientIDList.member.{at}"), &format!("c{at}"))
    });
    let quota = "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100";
    check(&world, "iam-oidc-clients", &many, refused(409, "LimitExceeded", quota));
    // iam-s-oidc-tag-case
    done(
        &world,
        "TagOpenIDConnectProvider",
        &[
            owner,
            ("Tags.member.1.Key", "Team"),
            ("Tags.member.1.Value", "1"),
            ("Tags.member.2.Key", "team"),
            ("Tags.member.2.Value", "2"),
        ],
    );
    done(&world, "UntagOpenIDConnectProvider", &[owner, ("TagKeys.member.1", "TEAM")]);
    assert_eq!(texts(&done(&world, "ListOpenIDConnectProviderTags", &[owner]), "Key"), ["Team", "team"]);
    let none = call("UntagOpenIDConnectProvider", &[owner]).send(&world);
    assert_eq!((none.status(), none.text("Code").as_deref()), (400, Some("InvalidInput")), "iam-s-oidc-untag-empty");
    done(&world, "DeleteOpenIDConnectProvider", &[owner]);
    assert_eq!(texts(&done(&world, "ListOpenIDConnectProviders", &[]), "Arn").len(), 3);
}

/// Row, action, its parameter of the name, quota, how many there may be, how many there are, further parameters.
type Kind<'a> = (&'a str, &'a str, &'a str, &'a str, usize, usize, &'a [(&'a str, &'a str)]);

#[test]
fn an_account_has_as_many_of_a_kind_as_its_quota_says() {
    let world = world();
    let create = |action: &str, name: &str, at: usize, params: &[(&str, &str)]| {
        call(action, &[&[(name, format!("n{at}").as_str())], params].concat()).send(&world)
    };
    let trust = ("AssumeRolePolicyDocument", TRUST);
    let document = ("PolicyDocument", ALLOW);
    let kinds: [Kind<'_>; 4] = [
        ("iamx-role-count", "CreateRole", "RoleName", "RolesPerAccount", 1000, 1, &[trust]),
        ("groups", "CreateGroup", "GroupName", "GroupsPerAccount", 300, 0, &[]),
        ("policies", "CreatePolicy", "PolicyName", "PoliciesPerAccount", 1500, 0, &[document]),
        ("profiles", "CreateInstanceProfile", "InstanceProfileName", "InstanceProfilesPerAccount", 1000, 0, &[]),
    ];
    for (id, action, name, quota, most, present, params) in kinds {
        for at in present..most {
            assert_eq!(create(action, name, at, params).status(), 200, "{id} {at}");
        }
        let full = format!("Cannot exceed quota for {quota}: {most}");
        let answer = create(action, name, most, params);
        assert_eq!((answer.status(), answer.text("Code").as_deref()), (409, Some("LimitExceeded")), "{id}");
        assert_eq!(answer.text("Message"), Some(full), "{id}");
        let taken = create(action, name, most - 1, params);
        assert_eq!(taken.text("Code").as_deref(), Some("EntityAlreadyExists"), "B-601");
    }
    done(&world, "DeleteGroup", &[("GroupName", "n7")]);
    done(&world, "CreateGroup", &[("GroupName", "again")]);
}
