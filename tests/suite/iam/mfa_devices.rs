//! Virtual MFA devices from their making to their end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local_sts::federation::mfa::{Seed, Step};
use local_sts::secret::Secret;
use qrcode::{Color, EcLevel, QrCode};

use super::{ACCOUNT, admin, arn, by, call, done, elements, nobody, pages, texts, world};
use crate::sts::mfa::{INVALID, UNABLE};
use crate::support::{Answer, Call, Keys, TestWorld, check, identify, refused};

const BAD_CODES: &str = "Authentication code for device is not valid.";
const SHOW_IT: &str = "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user.";

/// A device as an authenticator app knows it.
struct Device {
    serial_number: String,
    base32: String,
}

impl Device {
    fn of(answer: &Answer) -> Self {
        let text = |name: &str| answer.text(name).unwrap();
        let base32 = String::from_utf8(STANDARD.decode(text("Base32StringSeed")).unwrap()).unwrap();
        Self { serial_number: text("SerialNumber"), base32 }
    }

    fn make(world: &TestWorld, name: &str) -> Self {
        Self::of(&done(world, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)]))
    }

    /// What it shows so many steps after its present.
    fn code(&self, world: &TestWorld, steps: i64) -> String {
        let step = Step::of(world.service.world().now().now, steps);
        Seed::parse(&Secret::new(self.base32.clone())).unwrap().code(step).unwrap()
    }

    /// A call with these two codes, for this user.
    fn pair(&self, world: &TestWorld, action: &str, user: &str, steps: [i64; 2]) -> Call {
        let [first, second] = steps.map(|steps| self.code(world, steps));
        let codes = [("AuthenticationCode1", first.as_str()), ("AuthenticationCode2", second.as_str())];
        let named = call(action, &[("UserName", user), ("SerialNumber", &self.serial_number)]);
        codes.iter().fold(named, |call, (name, value)| call.param(name, value)).by(&admin())
    }

    fn enable(&self, world: &TestWorld, user: &str) -> Answer {
        self.pair(world, "EnableMFADevice", user, [-1, 0]).send(world).fine()
    }

    /// A session token for whoever shows its code.
    fn log_in(&self, keys: &Keys, code: &str) -> Call {
        let call = Call::sts("GetSessionToken").param("SerialNumber", &self.serial_number);
        call.param("TokenCode", code).by(keys)
    }
}

#[test]
fn a_device_lives_from_its_seed_to_its_deletion() {
    let world = world();
    let made = done(&world, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone"), ("Path", "/test//double/")]);
    // iamx-mfa-create
    assert_eq!(elements(&made, "VirtualMFADevice").join(" "), "SerialNumber Base32StringSeed QRCodePNG");
    let phone = Device::of(&made);
    // iamx-val-path-double, iam-s-path-inner-empty
    assert_eq!(phone.serial_number, arn("mfa/test//double/phone"));
    assert_eq!(phone.base32.len(), 64);
    let list = |status: &str| done(&world, "ListVirtualMFADevices", &[("AssignmentStatus", status)]);
    // iamx-mfa-list
    assert_eq!(elements(&list("Unassigned"), "member").join(" "), "SerialNumber");
    assert!(texts(&list("Assigned"), "SerialNumber").is_empty());
    world.wait(7);
    // iamx-mfa-enable: the codes of the step before and of this one.
    assert!(!phone.enable(&world, "nobody").body().contains("Result"));
    assert_eq!(elements(&list("Any"), "member").join(" "), "EnableDate SerialNumber User");
    assert_eq!(elements(&list("Assigned"), "User").join(" "), "Path Arn UserName UserId CreateDate");
    assert!(texts(&list("Unassigned"), "SerialNumber").is_empty());
    let listed = done(&world, "ListMFADevices", &[("UserName", "nobody")]);
    // iamx-mfa-listmfa
    assert_eq!(elements(&listed, "ListMFADevicesResult").join(" "), "IsTruncated MFADevices");
    assert_eq!(elements(&listed, "member").join(" "), "EnableDate SerialNumber UserName");
    assert_eq!(texts(&listed, "EnableDate"), ["2026-01-15T12:00:07Z"]);
    // iam-s-mfa-codes-not-burnt, iam-s-mfa-sts-window: codes of two steps before to two after, each once, in any order.
    for steps in [0, -2, 2, -1, 1] {
        let code = phone.code(&world, steps);
        let answer = phone.log_in(&nobody(), &code).send(&world);
        assert_eq!(answer.status(), 200, "{steps}: {}", answer.body());
        // iam-s-mfa-sts-code
        check(&world, "used", &phone.log_in(&nobody(), &code), refused(403, "AccessDenied", INVALID));
        world.wait(180);
    }
    // iamx-user-rename-mfa
    done(&world, "UpdateUser", &[("UserName", "nobody"), ("NewUserName", "somebody")]);
    let listed = done(&world, "ListMFADevices", &[("UserName", "somebody")]);
    assert_eq!(
        (texts(&listed, "UserName"), texts(&listed, "SerialNumber")),
        (vec!["somebody".to_owned()], vec![phone.serial_number.clone()])
    );
    // What is deactivated helps nobody any more, from the next call on.
    let device = ("SerialNumber", phone.serial_number.as_str());
    done(&world, "DeactivateMFADevice", &[("UserName", "somebody"), device]);
    let late = phone.log_in(&nobody(), &phone.code(&world, 0));
    check(&world, "iam-s-mfa-sts-serial", &late, refused(403, "AccessDenied", UNABLE));
    // It can be enabled again, by codes later than those before.
    let again = phone.pair(&world, "EnableMFADevice", "somebody", [-31, -30]);
    check(&world, "older than the pair before", &again, refused(403, "InvalidAuthenticationCode", BAD_CODES));
    phone.enable(&world, "somebody");
    done(&world, "DeactivateMFADevice", &[("UserName", "somebody"), device]);
    done(&world, "DeleteVirtualMFADevice", &[device]);
    let gone = format!("MFA Device with serial number {} does not exist.", phone.serial_number);
    let delete = call("DeleteVirtualMFADevice", &[device]);
    check(&world, "iam-mfa-none", &delete, refused(404, "NoSuchEntity", &gone));
    assert!(texts(&list("Any"), "SerialNumber").is_empty());
}

#[test]
fn a_role_that_wants_a_code_takes_that_of_a_device_made_here() {
    let world = world();
    let phone = Device::make(&world, "phone");
    phone.enable(&world, "admin");
    let assume = |code: &str| {
        let call = Call::assume_role(&arn("role/worker"), "session");
        call.param("SerialNumber", &phone.serial_number).param("TokenCode", code).by(&admin())
    };
    let keys = assume(&phone.code(&world, 0)).send(&world).keys();
    assert_eq!(identify(&keys).send(&world).status(), 200);
    check(&world, "again", &assume(&phone.code(&world, 0)), refused(403, "AccessDenied", INVALID));
    for _ in 0..7 {
        check(&world, "guessed", &assume("000000"), refused(403, "AccessDenied", INVALID));
    }
    check(&world, "iam-s-mfa-budget", &assume(&phone.code(&world, 1)), refused(403, "AccessDenied", UNABLE));
}

#[test]
fn whoever_has_a_device_shows_it_before_he_alters_his_devices() {
    let world = world();
    let [phone, tablet] = ["phone", "tablet"].map(|name| Device::make(&world, name));
    phone.enable(&world, "admin");
    let missing = arn("mfa/nowhere");
    for (what, serial_number) in
        [("another", &tablet.serial_number), ("the same", &phone.serial_number), ("none", &missing)]
    {
        let codes = [("AuthenticationCode1", "000000"), ("AuthenticationCode2", "000000")];
        let enable =
            call("EnableMFADevice", &[("UserName", "admin"), ("SerialNumber", serial_number), codes[0], codes[1]]);
        let deactivate = call("DeactivateMFADevice", &[("SerialNumber", serial_number)]);
        for call in [enable, deactivate] {
            // iam-s-mfa-self
            check(&world, &format!("sts-s-mfa-self: {what}"), &call, refused(403, "AccessDenied", SHOW_IT));
        }
    }
    // To set one's own device right, and to alter those of others, needs nothing.
    phone.pair(&world, "ResyncMFADevice", "admin", [1, 2]).send(&world).fine();
    tablet.enable(&world, "nobody");
    done(&world, "DeactivateMFADevice", &[("UserName", "nobody"), ("SerialNumber", &tablet.serial_number)]);
    // sts-s-mfa-self-session: so also for the last device.
    let session = phone.log_in(&admin(), &phone.code(&world, 0)).send(&world).keys();
    by(&session, "DeactivateMFADevice", &[("SerialNumber", &phone.serial_number)]).send(&world).fine();
    assert!(texts(&done(&world, "ListMFADevices", &[]), "SerialNumber").is_empty());
}

#[test]
fn refusals_are_those_of_aws() {
    let world = world();
    let [phone, tablet] = ["phone", "tablet"].map(|name| Device::make(&world, name));
    let missing = arn("mfa/nowhere");
    let none = format!("MFA Device with serial number {missing} does not exist.");
    let codes = [("AuthenticationCode1", "123456"), ("AuthenticationCode2", "654321")];
    let wrong = |user: &'static str, device: &str, action: &str| {
        call(action, &[("UserName", user), ("SerialNumber", device), codes[0], codes[1]])
    };
    let no_user = refused(404, "NoSuchEntity", "The user with name ghost cannot be found.");
    check(&world, "iamx-mfa-user-none", &wrong("ghost", &phone.serial_number, "EnableMFADevice"), no_user);
    check(&world, "unknown device", &wrong("nobody", &missing, "EnableMFADevice"), refused(404, "NoSuchEntity", &none));
    let bad_codes = refused(403, "InvalidAuthenticationCode", BAD_CODES);
    for id in ["iamx-mfa-code", "sts-s-mfa-enable-bad"] {
        check(&world, id, &wrong("nobody", &phone.serial_number, "EnableMFADevice"), bad_codes);
    }
    for steps in [[0, 0], [0, -1], [-1, 1], [1000, 1001], [-1000, -999]] {
        let call = phone.pair(&world, "EnableMFADevice", "nobody", steps);
        check(&world, &format!("iam-s-mfa-enable-codes: {steps:?}"), &call, bad_codes);
    }
    // The edge of what is looked through.
    assert_eq!(phone.pair(&world, "EnableMFADevice", "nobody", [999, 1000]).send(&world).status(), 200);
    let theirs = refused(409, "EntityAlreadyExists", "MFA Device for user nobody already exists.");
    for id in ["sts-s-mfa-enable-dup", "iam-s-mfa-enable-same-user"] {
        check(&world, id, &wrong("nobody", &phone.serial_number, "EnableMFADevice"), theirs);
    }
    let in_use = refused(409, "EntityAlreadyExists", "MFA Device is already in use.");
    for id in ["iam-mfa-attached", "sts-s-mfa-enable-other", "iam-s-mfa-enable-other"] {
        check(&world, id, &wrong("Selma", &phone.serial_number, "EnableMFADevice"), in_use);
    }
    let deactivate =
        |user: &str, device: &str| call("DeactivateMFADevice", &[("UserName", user), ("SerialNumber", device)]);
    check(&world, "iamx-mfa-deact-none", &deactivate("nobody", &missing), refused(404, "NoSuchEntity", &none));
    check(&world, "unknown user", &deactivate("ghost", &phone.serial_number), no_user);
    let not_theirs = refused(404, "NoSuchEntity", "MFA Device invalid for user.");
    for id in ["sts-s-mfa-deactivate-other", "iam-s-mfa-deactivate-foreign"] {
        check(&world, id, &deactivate("Selma", &phone.serial_number), not_theirs);
        check(&world, id, &deactivate("Selma", &tablet.serial_number), not_theirs);
        check(&world, id, &wrong("Selma", &phone.serial_number, "ResyncMFADevice"), not_theirs);
    }
    check(&world, "bad codes", &wrong("nobody", &phone.serial_number, "ResyncMFADevice"), bad_codes);
    let delete = call("DeleteVirtualMFADevice", &[("SerialNumber", &phone.serial_number)]);
    let assigned = refused(409, "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.");
    for id in ["iamx-mfa-del-inuse", "sts-s-mfa-delete-assigned", "iam-s-mfa-del-assigned"] {
        check(&world, id, &delete, assigned);
    }
    let first = refused(409, "DeleteConflict", "Cannot delete entity, must remove tokens from principal first.");
    for id in ["iam-s-mfa-del-user", "sts-s-mfa-delete-user", "delete_assigned_user: before the access key"] {
        check(&world, id, &call("DeleteUser", &[("UserName", "nobody")]), first);
    }
    let text = "The MFA device serial number sent in the request is invalid or not supported by this API. Currently, only \
                hardware FIDO security keys are supported. Please use the compatible device or API.";
    let get = call("GetMFADevice", &[("SerialNumber", &phone.serial_number), ("UserName", "nobody")]);
    for id in ["sts-s-mfa-get-virtual", "iam-s-mfa-get-virtual"] {
        check(&world, id, &get, refused(400, "ValidationError", text));
    }
    let taken = refused(409, "EntityAlreadyExists", "MFA device already exists.");
    for (id, name) in [("iam-mfa-dup", "phone"), ("iam-s-mfa-create-dup", "phone"), ("B-530", "PHONE")] {
        check(&world, id, &call("CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)]), taken);
    }
    for (parameter, value, clause) in [
        (
            "AuthenticationCode1",
            "12345",
            "'authenticationCode1' failed to satisfy constraint: Member must have length greater than or equal to 6",
        ),
        (
            "AuthenticationCode2",
            "12345x",
            r"'authenticationCode2' failed to satisfy constraint: Member must satisfy regular expression pattern: [\d]+",
        ),
        (
            "SerialNumber",
            "phone",
            "'serialNumber' failed to satisfy constraint: Member must have length greater than or equal to 9",
        ),
    ] {
        let good = [("UserName", "nobody"), ("SerialNumber", phone.serial_number.as_str()), codes[0], codes[1]];
        let params = good.map(|(name, present)| (name, if name == parameter { value } else { present }));
        let text = format!("1 validation error detected: Value at {clause}");
        check(&world, parameter, &call("EnableMFADevice", &params), refused(400, "ValidationError", &text));
    }
}

#[test]
fn a_user_has_eight_devices() {
    let world = world();
    let devices: Vec<Device> = (0..9).map(|at| Device::make(&world, &format!("device-{at}"))).collect();
    devices.iter().take(8).for_each(|device| drop(device.enable(&world, "Selma")));
    let text = "Cannot exceed quota for MFADevicesPerUser: 8";
    let ninth = devices[8].pair(&world, "EnableMFADevice", "Selma", [-1, 0]);
    check(&world, "iamx-mfa-eight", &ninth, refused(409, "LimitExceeded", text));
    // In pages, in the order of their names.
    let listed = pages(&world, "ListVirtualMFADevices", &[("MaxItems", "4")]);
    let listed: Vec<String> = listed.flat_map(|page| texts(&page, "SerialNumber")).collect();
    assert_eq!(listed, devices.iter().map(|device| device.serial_number.clone()).collect::<Vec<_>>());
    let own = done(&world, "ListMFADevices", &[("UserName", "selma"), ("MaxItems", "3")]);
    assert_eq!((own.text("IsTruncated").as_deref(), texts(&own, "member").len()), (Some("true"), 3));
}

#[test]
fn devices_have_tags_by_which_they_are_allowed() {
    let world = world();
    let tags = [
        ("Tags.member.1.Key", "Team"),
        ("Tags.member.1.Value", "a"),
        ("Tags.member.2.Key", "team-2"),
        ("Tags.member.2.Value", "b"),
    ];
    let made = done(&world, "CreateVirtualMFADevice", &[&[("VirtualMFADeviceName", "phone")][..], &tags].concat());
    assert_eq!(elements(&made, "VirtualMFADevice").last().map(String::as_str), Some("Tags"));
    let device = ("SerialNumber", made.text("SerialNumber").unwrap());
    let device = (device.0, device.1.as_str());
    let listed = || texts(&done(&world, "ListMFADeviceTags", &[device]), "Key");
    assert_eq!(listed(), ["Team", "team-2"]);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:DeleteVirtualMFADevice","Resource":"arn:aws:iam::*:mfa/*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"b"}}}]}"#;
    done(&world, "PutUserPolicy", &[("UserName", "nobody"), ("PolicyName", "by-tag"), ("PolicyDocument", policy)]);
    let delete = by(&nobody(), "DeleteVirtualMFADevice", &[device]);
    let denied = format!(
        "User: {} is not authorized to perform: iam:DeleteVirtualMFADevice on resource: {} because no identity-based policy \
         allows the iam:DeleteVirtualMFADevice action",
        arn("user/nobody"),
        device.1
    );
    check(&world, "another tag", &delete, refused(403, "AccessDenied", &denied));
    done(&world, "TagMFADevice", &[device, ("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "b")]);
    done(&world, "UntagMFADevice", &[device, ("TagKeys.member.1", "team-2"), ("TagKeys.member.2", "TEAM")]);
    assert_eq!(listed(), ["Team"]);
    assert_eq!(delete.send(&world).status(), 200);
    let none = format!("MFA Device with serial number {} does not exist.", device.1);
    check(&world, "gone", &call("ListMFADeviceTags", &[device]), refused(404, "NoSuchEntity", &none));
}

/// The modules of the picture: true is dark.
fn scanned(png: &[u8]) -> Vec<Vec<bool>> {
    let (signature, mut rest) = png.split_at(8);
    assert_eq!(signature, b"\x89PNG\r\n\x1a\n");
    let (mut side, mut packed) = (0, Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (kind, after) = after.split_at(4);
        let (data, after) = after.split_at(usize::try_from(u32::from_be_bytes(*length)).unwrap());
        match kind {
            b"IHDR" => {
                side = usize::from(u16::from_be_bytes([data[2], data[3]]));
                assert_eq!(data[8..], [1, 0, 0, 0, 0]);
                assert_eq!(data[..4], data[4..8]);
            }
            b"IDAT" => packed.extend(data),
            b"IEND" => assert!(data.is_empty()),
            other => panic!("{other:?}"),
        }
        rest = &after[4..];
    }
    let lines = miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap();
    let lines: Vec<&[u8]> = lines.chunks(1 + side / 8).collect();
    assert_eq!(lines.len(), side);
    lines.iter().step_by(8).map(|line| line[1..].iter().map(|byte| *byte == 0).collect()).collect()
}

#[test]
fn the_picture_shows_the_seed() {
    let world = world();
    let root = Keys::of("root");
    for (keys, account_name) in [(admin(), "admin"), (root, ACCOUNT)] {
        let name = format!("phone-of-{account_name}");
        let made = by(&keys, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", &name)]).send(&world);
        let base32 = Device::of(&made).base32;
        let shown = scanned(&STANDARD.decode(made.text("QRCodePNG").unwrap()).unwrap());
        // iamx-mfa-qr
        let text = format!("otpauth://totp/{name}@{account_name}?secret={base32}");
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let expect: Vec<bool> = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        let inside = |row: &[bool]| row[4..row.len() - 4].to_vec();
        let found: Vec<bool> = shown[4..shown.len() - 4].iter().flat_map(|row| inside(row)).collect();
        assert_eq!(found, expect);
        assert!(shown[..4].iter().chain(&shown[shown.len() - 4..]).all(|row| row.iter().all(|dark| !dark)));
        assert!(shown.iter().all(|row| row.len() == shown.len() && !row[..4].contains(&true)));
    }
}
