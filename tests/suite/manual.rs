//! `docs/command-line.md`: what `--help` says of the program and of each of its commands.

use std::fmt::Write as _;

use clap::Command;
use local_sts::config::CommandLine;

use crate::support::golden;

fn write(command: &mut Command, path: &str, out: &mut String) {
    let help = command.render_long_help().to_string();
    let lines = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let _ = write!(out, "\n## {path}\n\n```\n{}\n```\n", lines.trim_end());
    for part in command.get_subcommands_mut().filter(|part| part.get_name() != "help") {
        write(part, &format!("{path} {}", part.get_name()), out);
    }
}

#[test]
fn every_command_has_its_page_and_examples() {
    let mut out =
        "# The command line\n\nWritten from the program: what `local-sts --help` and `local-sts COMMAND --help` say.\n"
            .to_owned();
    let mut program = CommandLine::program();
    program.build();
    write(&mut program, "local-sts", &mut out);
    let pages: Vec<&str> = out.split("\n## ").skip(1).collect();
    let bare = pages.iter().filter(|page| !page.contains("Example")).map(|page| page.lines().next());
    assert_eq!(bare.collect::<Vec<_>>(), [Some("local-sts saml metadata")], "these have no example");
    golden("docs/command-line.md", &out);
}
