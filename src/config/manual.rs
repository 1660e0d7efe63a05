//! What `--help` says beside the options: examples, environment, files, exit codes.

pub(super) const PROGRAM: &str = r#"Examples:
  local-sts                          serve the built-in seed (account 000000000000, key test/test)
  local-sts --ephemeral              the same, and keep nothing
  local-sts check my.yaml            find the mistakes in a seed
  local-sts --seed my.yaml           serve your own accounts, and remember every change
  local-sts --ephemeral --aws-listen 127.0.0.1:0 --companion-listen 127.0.0.1:0
                                     on free ports, which the line `ready` tells

Output:
  One line on standard output once it answers: ready {"aws":"http://...","companion":"http://..."}
  Everything else, the lines to paste and the log, goes to standard error.

Environment:
  LOCAL_STS_...            every option, by its name: LOCAL_STS_AWS_LISTEN for --aws-listen. Empty is unset.
  XDG_STATE_HOME, HOME     where the state is without --data-dir
  A flag outweighs the environment, and that outweighs the file of --config, which has the options by their names
  without the dashes: `aws-listen: 127.0.0.1:4592`.

Files:
  DIR/state, DIR/ledger    in the directory of --data-dir: all that lasts, and the list of sessions; for its owner alone
  DIR/companion.token      the token that `export` and `import` show on this machine

Signals:
  SIGTERM, SIGINT          stop once everything that was asked is answered

Exit codes:
  0  it was told to stop, or the command did what it says
  1  it did not; why stands on standard error
  2  the command line cannot be understood"#;

pub(super) const CHECK: &str = "\
Examples:
  local-sts check my.yaml
  local-sts check base.yaml mine.yaml      what `--seed base.yaml --seed mine.yaml` would make of them

Variables in the file, as in `secret: ${ALICE_SECRET:-a-default}`, are those of the environment.

Exit codes:
  0  it can be served; warnings stand on standard output
  1  it cannot; every mistake stands on standard error with its line and a remedy";

pub(super) const OIDC: &str = "\
Examples:
  local-sts oidc seed --preset github-actions --sub repo:acme/shop:ref:refs/heads/main > github.json
  local-sts --seed github.json &
  local-sts oidc token --preset github-actions --aud sts.amazonaws.com --sub repo:acme/shop:ref:refs/heads/main

All ask the companion of a running service, at --companion-listen; where it wants tokens, --companion-token-file names one
with the scope `mint`.";

pub(super) const OIDC_TOKEN: &str = "\
Examples:
  local-sts oidc token --preset eks --sub system:serviceaccount:shop:till
  local-sts oidc token --preset eks --write ./token --refresh      for AWS_WEB_IDENTITY_TOKEN_FILE
  local-sts oidc token --preset gitlab-ci --claim ref=main --without jti --lifetime 60
  local-sts oidc token --preset google --defect expired            one that must be refused";

pub(super) const OIDC_SEED: &str = "\
Example:
  local-sts oidc seed --preset gitlab-ci --sub project_path:acme/shop:ref_type:branch:ref:main > gitlab.json

It asks nobody: the service may be started with the seed afterwards.";

pub(super) const OIDC_ACTIONS: &str = "\
Example:
  eval \"$(local-sts oidc actions --sub repo:acme/shop:ref:refs/heads/main)\"

sets ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN, by which unchanged actions ask for their tokens.";

pub(super) const OIDC_ROTATE: &str = "\
Examples:
  local-sts oidc rotate               the keys of before are still shown
  local-sts oidc rotate --keep 1      they are not: who looks again refuses what they signed";

pub(super) const SAML: &str = "\
Example:
  aws sts assume-role-with-saml --role-arn $ROLE --principal-arn arn:aws:iam::123456789012:saml-provider/demo \\
      --saml-assertion \"$(local-sts saml response --role $ROLE)\"

Both ask the companion of a running service, at --companion-listen; where it wants tokens, --companion-token-file names one
with the scope `mint`.";

pub(super) const SAML_RESPONSE: &str = "\
Examples:
  local-sts saml response --role arn:aws:iam::123456789012:role/analyst --subject alice --tag team=blue
  local-sts saml response --role arn:aws:iam::123456789012:role/analyst --shape okta
  local-sts saml response --role arn:aws:iam::123456789012:role/analyst --defect xsw1      one that must be refused";

pub(super) const EXPORT: &str = "\
Examples:
  local-sts export state.json
  local-sts export | diff before.json -

Secrets are in it, so it needs a token of the scope `admin`: that of --companion-token-file, or else companion.token in the
--data-dir of a service on this machine.";

pub(super) const IMPORT: &str = "\
Example:
  local-sts import state.json

It happens in one step, or not at all; who is no more in the file is gone, and so are their sessions. It needs a token as
`export` does.";

pub(super) const ENV: &str = "\
Examples:
  eval \"$(local-sts env demo)\"
  eval \"$(local-sts env arn:aws:iam::123456789012:role/reader --duration 900)\"

sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, both variables of the region and those of the endpoints, and
unsets what would hide them, such as AWS_PROFILE.";

pub(super) const PROFILE: &str = "\
Examples:
  local-sts profile demo --write ~/.aws/config
  aws --profile demo sts get-caller-identity";

pub(super) const EXEC: &str = "\
Examples:
  local-sts exec demo -- aws sts get-caller-identity
  local-sts exec demo --duration 900 -- terraform plan

Exit codes:
  that of the command; 127 if there is no such program, 126 if it cannot be run, 1 if there are no credentials";

pub(super) const CREDENTIALS: &str = "\
Example, in ~/.aws/config:
  [profile demo]
  credential_process = local-sts credentials demo";

pub(super) const HEALTHCHECK: &str = "\
Example, in a Dockerfile:
  HEALTHCHECK CMD [\"local-sts\", \"healthcheck\"]

Exit codes:
  0  it serves
  1  it does not, or not all it should; why stands on standard error";
