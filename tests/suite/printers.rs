//! `local-sts env`, `profile`, `exec` and `credentials`, run as people run them.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::crash::{connect, over};
use crate::http::Running;
use crate::store::Scratch;
use crate::support::{Keys, identify};

fn run(running: &Running, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
    command.args(["--companion-listen", &running.companion]).args(arguments);
    // What would be in the way of credentials that are set.
    command.env("AWS_PROFILE", "elsewhere").env("AWS_ROLE_ARN", "x").env("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere");
    command.output().unwrap()
}

#[track_caller]
fn printed(running: &Running, arguments: &[&str]) -> String {
    let output = run(running, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Who somebody is with what was printed.
fn identity(running: &Running, keys: &Keys) -> String {
    let answer = over(&mut connect(&running.aws), &identify(keys)).unwrap();
    answer.text("Arn").unwrap_or_else(|| panic!("{}", answer.body()))
}

const DEMO: &str = "arn:aws:sts::000000000000:assumed-role/demo/local-sts";

#[test]
fn credentials_are_what_a_process_of_a_profile_prints() {
    let running = Running::start(&["--ephemeral"]);
    let printed = printed(&running, &["credentials", "demo", "--duration", "5", "--session-name", "build-7"]);
    let given: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&given["Version"], &given["AccountId"]), (&1.into(), &"000000000000".into()));
    let text = |name: &str| given[name].as_str().unwrap().to_owned();
    let keys = Keys { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("SessionToken")) };
    assert_eq!(identity(&running, &keys), DEMO.replace("local-sts", "build-7"));
    assert!(given["Expiration"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_shell_that_reads_the_lines_is_a_session_of_the_role() {
    let running = Running::start(&["--ephemeral"]);
    let lines = printed(&running, &["env", "arn:aws:iam::000000000000:role/demo"]);
    let mut shell = Command::new("sh");
    shell.env("AWS_PROFILE", "elsewhere").args(["-c", &format!("{lines}\nenv")]);
    let environment = String::from_utf8(shell.output().unwrap().stdout).unwrap();
    let variable = |name: &str| {
        let line = environment.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.map(str::to_owned)
    };
    assert_eq!(variable("AWS_PROFILE"), None);
    let aws = format!("http://{}", running.aws);
    assert_eq!(variable("AWS_ENDPOINT_URL_STS").as_deref(), Some(&*aws));
    assert_eq!(variable("AWS_ENDPOINT_URL_IAM").as_deref(), Some(&*aws));
    assert_eq!(
        (variable("AWS_REGION"), variable("AWS_DEFAULT_REGION")),
        (Some("us-east-1".into()), Some("us-east-1".into()))
    );
    let keys = Keys {
        id: variable("AWS_ACCESS_KEY_ID").unwrap(),
        secret: variable("AWS_SECRET_ACCESS_KEY").unwrap(),
        token: variable("AWS_SESSION_TOKEN"),
    };
    assert_eq!(identity(&running, &keys), DEMO);
}

#[test]
fn a_command_runs_as_the_role_and_its_exit_code_is_told() {
    let running = Running::start(&["--ephemeral"]);
    let script = "echo \"$AWS_ENDPOINT_URL_STS ${AWS_PROFILE-none} ${AWS_ROLE_ARN-none} ${AWS_WEB_IDENTITY_TOKEN_FILE-none} \
                  ${#AWS_ACCESS_KEY_ID} $0 $1\"; exit 42";
    let output = run(&running, &["exec", "demo", "--", "sh", "-c", script, "a b", "--help"]);
    assert_eq!(output.status.code(), Some(42));
    let expect = format!("http://{} none none none 20 a b --help\n", running.aws);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expect);
    assert!(!run(&running, &["exec", "demo"]).status.success());
}

#[test]
fn a_command_that_cannot_run_ends_as_shells_have_it() {
    let running = Running::start(&["--ephemeral"]);
    let scratch = Scratch::new("commands");
    let file = |name: &str, text: &str, mode: u32| {
        let path = scratch.0.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let plain = file("plain", "#!/bin/sh\n", 0o600);
    let orphan = file("orphan", "#!/no/such/interpreter\n", 0o700);
    let directory = scratch.0.to_str().unwrap().to_owned();
    for (program, code, says) in [
        ("/no/such/program", 127, "/no/such/program: there is no such program"),
        ("no-such-program-anywhere", 127, "no-such-program-anywhere: there is no such program"),
        (&plain, 126, "it cannot be run"),
        (&orphan, 126, "interpreter"),
        (&directory, 126, "it cannot be run"),
    ] {
        let output = run(&running, &["exec", "demo", "--", program]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{program}: {told}");
        assert!(told.contains(says), "{program}: {told}");
    }
    // It is the command itself that a signal ends, so whoever waits for it sees that.
    let killed = run(&running, &["exec", "demo", "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(killed.status.signal(), Some(15));
    let told = Command::new("sh")
        .args([
            "-c",
            "\"$@\"; echo $?",
            "sh",
            env!("CARGO_BIN_EXE_local-sts"),
            "--companion-listen",
            &running.companion,
        ])
        .args(["exec", "demo", "--", "sh", "-c", "kill -TERM $$"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&told.stdout).trim(), "143");
}

#[test]
fn a_profile_has_a_name_that_every_sdk_reads() {
    let running = Running::start(&["--ephemeral"]);
    let scratch = Scratch::new("names");
    let file = scratch.0.join("config");
    let file = file.to_str().unwrap();
    for name in
        ["a]b", "[a", "a\nb", "a\n[default]\nregion = x", "a#b", "a;b", " a", "a ", "a b", "", "\"a\"", "a=b", "é"]
    {
        let name = format!("--name={name}");
        let output = run(&running, &["profile", "demo", "--write", file, &name]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains("no name of a profile"), "{name}: {told}");
        assert!(!Path::new(file).exists(), "{name}");
    }
    for name in ["default", "Build-7_x.y@z/w+v:u%20"] {
        printed(&running, &["profile", "demo", "--write", file, "--name", name]);
    }
    // However the section that is there is spaced and quoted, it is the same one.
    std::fs::write(
        file,
        "[profile  \"dev\" ] # old\nrole_arn = x\n[services 'local-sts-dev']\nsts =\n[profile b]\nc = d\n",
    )
    .unwrap();
    printed(&running, &["profile", "demo", "--write", file, "--name", "dev"]);
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.matches("[profile").count(), 2, "{text}");
    assert!(text.starts_with("[profile b]\nc = d\n\n[profile dev]\n") && !text.contains("role_arn"), "{text}");
}

#[test]
fn a_profile_goes_into_a_file_in_place_of_its_older_self() {
    let running = Running::start(&["--ephemeral"]);
    let scratch = Scratch::new("profile");
    let file = scratch.0.join("config");
    std::fs::write(&file, "[default]\nregion = eu-west-1\n\n[profile demo]\nrole_arn = x\n\n[profile mine]\na = b\n")
        .unwrap();
    let write = |arguments: &[&str]| {
        let file = file.to_str().unwrap();
        assert_eq!(printed(&running, &[&["profile", "demo", "--write", file], arguments].concat()), "");
        std::fs::read_to_string(Path::new(file)).unwrap()
    };
    let text = write(&[]);
    assert_eq!(write(&[]), text, "twice is once");
    let aws = format!("http://{}", running.aws);
    for part in [
        "[default]\nregion = eu-west-1\n",
        "[profile mine]\na = b\n",
        "[profile demo]\nregion = us-east-1\ncredential_process = ",
        &format!(" credentials demo --companion-listen={}\nservices = local-sts-demo\n", running.companion),
        &format!("[services local-sts-demo]\nsts =\n  endpoint_url = {aws}\niam =\n  endpoint_url = {aws}\n"),
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("role_arn"), "{text}");
    let command = text.lines().find_map(|line| line.strip_prefix("credential_process = ")).unwrap();
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    let given: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(given["Version"], 1);
    let fresh = scratch.0.join("home/.aws/config");
    printed(&running, &["profile", "demo", "--write", fresh.to_str().unwrap()]);
    assert!(fresh.exists(), "its directory is made");
}

#[test]
fn what_cannot_be_written_was_not_done() {
    let running = Running::start(&["--ephemeral"]);
    for arguments in [["env", "demo"], ["credentials", "demo"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let companion = format!("--companion-listen={}", running.companion);
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
        let output = command.args(arguments).arg(companion).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"), "{output:?}");
    }
}

#[test]
fn what_cannot_be_is_told_in_a_line() {
    let running = Running::start(&["--ephemeral"]);
    for (arguments, says) in [
        (&["env", "nobody"][..], "there is no role nobody"),
        (&["credentials", "demo", "--duration", "3601"], "from 1 to 3600"),
        (&["profile", "nobody"], "there is no role nobody"),
    ] {
        let output = run(&running, arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(says), "{arguments:?}: {told}");
        assert_eq!(output.stdout, b"");
    }
}
