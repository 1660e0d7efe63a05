"""Who is in the seeds, and with which keys: `fixtures/seed/sample.yaml` and the built-in one."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Keys:
    id: str
    secret: str
    token: str | None = None

    def but(self, **changes):
        return replace(self, **changes)

    def as_boto(self):
        return {"aws_access_key_id": self.id, "aws_secret_access_key": self.secret, "aws_session_token": self.token}

    def as_environment(self):
        named = {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret, "AWS_SESSION_TOKEN": self.token}
        return {name: value for name, value in named.items() if value is not None}

    @classmethod
    def of(cls, credentials):
        """From the `Credentials` of an answer."""
        return cls(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])


ACCOUNT = "123456789012"
AUDITED_BY = "210987654321"

ALICE = Keys("AKIAEXAMPLEALICE0001", "EXAMPLE0alice0secret0EXAMPLE0alice0secre")
BOB = Keys("AKIAEXAMPLEBOB000001", "EXAMPLE0bob00secret0EXAMPLE0bob00secret0")
BOB_RETIRED = Keys("AKIAEXAMPLEBOB000002", "EXAMPLE0bob00retired0EXAMPLE0bob00retire")
ALICE_ARN = f"arn:aws:iam::{ACCOUNT}:user/alice"
BOB_ARN = f"arn:aws:iam::{ACCOUNT}:user/bob"
PARTNER_ID = "partner-7f3a"

DEMO = Keys("test", "test")
DEMO_ACCOUNT = "000000000000"


def role(name, account=ACCOUNT):
    """The ARN of a role; `name` has the path in front."""
    return f"arn:aws:iam::{account}:role/{name}"


def session_arn(name, session, account=ACCOUNT):
    """The ARN of a role's session; paths are not in it."""
    return f"arn:aws:sts::{account}:assumed-role/{name}/{session}"
