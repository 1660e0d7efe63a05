"""A small account that takes assertions, and Responses of the built-in identity provider for it."""

from outside.server import run_to_end

ROLE = "arn:aws:iam::123456789012:role/analyst"
PROVIDER = "arn:aws:iam::123456789012:saml-provider/demo"
SEED = """
accounts:
  - id: "123456789012"
    samlProviders: [{ name: demo, metadata: built-in }]
    roles:
      - name: analyst
        trust:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { Federated: "arn:aws:iam::123456789012:saml-provider/demo" }
              Action: ["sts:AssumeRoleWithSAML", "sts:TagSession"]
              Condition: { StringEquals: { "SAML:aud": "https://signin.aws.amazon.com/saml" } }
"""


def seeded(tmp_path):
    seed = tmp_path / "saml.yaml"
    seed.write_text(SEED)
    return seed


def saml(home, server, *arguments):
    return run_to_end(home, "saml", *arguments, "--companion-listen", server.companion.removeprefix("http://"))


def response(home, server, *arguments):
    done = saml(home, server, "response", "--role", ROLE, *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.strip()
