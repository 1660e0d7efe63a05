"""What is served of IAM, as docs/iam-api.md lists it, against AWS's own model in the botocore that is installed.

Each difference stands in `DELIBERATE` with its reason: one that is new fails, and so does one that is gone.
"""

from model import Reference, gone, unexpected, wrong_statuses

REFERENCE = Reference("iam-api.md", "iam")

XML = r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+"
ONE_LIST = "the errors of users, groups and roles are declared together"
TEMPLATES = "there are no role templates here"
PROPOSED = r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]+"
KEPT = r"[\u0009\u000A\u000D\u0020-\u00FF]+"
AS_PRINTED = "as AWS prints the pattern of a proposed policy (row sts-s-q-index-gap)"
SOUGHT, NAMES = r".*[\w+=,.@-]+.*", r"[\w+=,.@-]+"
AS_SOUGHT = "as AWS prints the pattern of names with wildcards"
LEVEL, INLINE = "OrderedOrganizationPolicyInputList.member.N", "PolicyExclusionList.member.N.InlinePolicyIdentifier"
BOUNDED = "nothing that is sent goes on without end"
EMPTY = "an empty list cannot be written in a query, and is answered as AWS answers one (row iam-s-tag-empty-list and its kin)"

# (where, what, here, in the model): why. A star stands for any operation, and where a member is named for any above it.
DELIBERATE = {
    ("* errors", "ServiceFailure", False, True): "a failure of the service is InternalFailure, whatever the operation",
    ("* errors", "ConcurrentModification", False, True): "calls are made one after the other; what comes between is Throttling (B-509)",
    ("* errors", "UnmodifiableEntity", True, False): ONE_LIST,
    ("CreateRole errors", "NoSuchEntity", True, False): "of a boundary that is not there",
    ("CreateUser errors", "PolicyNotAttachable", True, False): "of a boundary that AWS reserves (section 28.2 of the research)",
    ("CreateOpenIDConnectProvider errors", "OpenIdIdpCommunicationError", False, True): "nothing is fetched (B-504)",
    ("* errors", "EntityTemporarilyUnmodifiable", False, True): "changes are felt at once (B-501)",
    ("CreateSAMLProvider errors", "LimitExceeded", False, True): "the number of providers has no quota here (B-502)",
    ("* AddPrivateKey", "pattern", None, r"[\u0009\u000A\u000D\u0020-\u00FF]+"): "what is no PEM is refused as that",
    ("CreateVirtualMFADevice VirtualMFADeviceName", "max", 226, None): "the documentation says so",
    ("GetMFADevice UserName", "max", 128, 64): "a longer name is nobody's",
    ("GetMFADevice answers Certifications", "there", False, True): "only security keys have any, and there are none here",
    ("* SAMLProviderArn", "pattern", XML, None): "what XML cannot hold is refused before anything says it again",
    ("* Password", "pattern", None, KEPT): "what an account takes is for its password policy to say",
    ("* OldPassword", "pattern", None, KEPT): "a password that nobody has is a wrong one",
    ("* NewPassword", "pattern", None, KEPT): "what an account takes is for its password policy to say",
    ("* errors", "OrganizationNotInAllFeaturesModeException", False, True): "organizations here have all features",
    ("UntagUser errors", "InvalidInput", True, False): ONE_LIST,
    ("UntagRole errors", "InvalidInput", True, False): ONE_LIST,
    ("ListUserTags errors", "InvalidInput", True, False): ONE_LIST,
    ("ListRoleTags errors", "InvalidInput", True, False): ONE_LIST,
    ("ListInstanceProfileTags errors", "InvalidInput", True, False): ONE_LIST,
    ("* PolicyArn", "pattern", XML, None): "what XML cannot hold is refused before anything says it again",
    ("* OpenIDConnectProviderArn", "pattern", XML, None): "what XML cannot hold is refused before anything says it again",
    ("* PermissionsBoundary", "pattern", XML, None): "what XML cannot hold is refused before anything says it again",
    ("CreatePolicy Description", "pattern", r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*", None): "as of roles",
    ("* VersionId", "max", 64, None): "no version has a longer name",
    ("* ClientIDList", "max", 1000, None): "the quota of a provider is far below",
    ("* ThumbprintList", "max", 1000, None): "the quota of a provider is far below",
    ("* ThumbprintList", "required", False, True): EMPTY,
    ("* Tags", "required", False, True): EMPTY,
    ("* TagKeys", "required", False, True): EMPTY,
    ("GetAccountAuthorizationDetails answers Policies.member.N.Description", "there", False, True): "told by GetPolicy alone, as of roles",
    ("GetAccountAuthorizationDetails Filter", "max", 1000, None): BOUNDED,
    ("GetCredentialReport errors", "ReportInProgress", False, True): "a report is made at once (B-563)",
    ("* errors", "PolicyEvaluation", False, True): "what can be read can be evaluated, and what would take too long is InvalidInput (B-561)",
    ("* PolicySourceArn", "pattern", XML, None): "what XML cannot hold is refused before anything says it again",
    ("* PolicyInputList", "required", False, True): "an empty list cannot be written in a query, and allows nothing (row iam-s-sim-policy-none)",
    ("* ActionNames", "min", 1, 0): "an empty list cannot be written in a query, and is refused as one that is not there",
    ("* PolicyInputList", "max", 1000, None): BOUNDED,
    ("* PermissionsBoundaryPolicyInputList", "max", 1000, None): BOUNDED,
    ("* ActionNames", "max", 1000, None): BOUNDED,
    ("* ResourceArns", "max", 1000, None): BOUNDED,
    ("* ContextEntries", "max", 1000, None): BOUNDED,
    ("* ServiceControlPolicyInputList", "max", 1000, None): BOUNDED,
    ("* ContextKeyValues", "max", 1000, None): BOUNDED,
    ("* ContextEntries.member.N.ContextKeyValues.member.N", "max", 131072, None): BOUNDED,
    ("* PolicyInputList.member.N", "pattern", PROPOSED, KEPT): AS_PRINTED,
    ("* PermissionsBoundaryPolicyInputList.member.N", "pattern", PROPOSED, KEPT): AS_PRINTED,
    (f"* {LEVEL}.ServiceControlPolicyInputList.member.N", "pattern", PROPOSED, KEPT): AS_PRINTED,
    (f"* {INLINE}.PolicyName", "pattern", SOUGHT, NAMES): AS_SOUGHT,
    (f"* {INLINE}.AttachmentName", "pattern", SOUGHT, NAMES): AS_SOUGHT,
    ("* ResourcePolicy", "pattern", PROPOSED, KEPT): AS_PRINTED,
    ("* SourceRoleTemplate", "there", False, True): TEMPLATES,
    ("* TemplateArn", "there", False, True): TEMPLATES,
    ("* TemplateMinorVersion", "there", False, True): TEMPLATES,
}

NONE_HERE = "there are none of these here (B-692), so nothing of theirs is told"
DELIBERATE |= {
    (f"{answer}.member.N.{member}", "there", False, True): NONE_HERE
    for answer, members in {
        "ListSSHPublicKeys answers SSHPublicKeys": "SSHPublicKeyId Status UploadDate UserName",
        "ListSigningCertificates answers Certificates": "CertificateBody CertificateId Status UploadDate UserName",
        "ListServiceSpecificCredentials answers ServiceSpecificCredentials": "CreateDate ExpirationDate"
        " ServiceCredentialAlias ServiceName ServiceSpecificCredentialId ServiceUserName Status UserName",
    }.items()
    for member in members.split()
}
DELIBERATE |= {
    (f"GetServiceLinkedRoleDeletionStatus answers Reason{member}", "there", False, True): "a removal is done when it is"
    " answered, so none fails (B-940)"
    for member in ("", ".Reason", ".RoleUsageList", ".RoleUsageList.member.N.Region", ".RoleUsageList.member.N.Resources")
}
DELIBERATE |= {
    ("ListServiceSpecificCredentials errors", "NotSupportedService", False, True): "no name of a service is taken",
}


def test_what_is_served_is_what_the_model_says_but_for_what_is_listed():
    found = unexpected(REFERENCE, DELIBERATE)
    assert not found, "mend it, or list it above with its reason:\n" + "\n".join(found)


def test_no_listed_difference_is_gone():
    assert not gone(REFERENCE, DELIBERATE), "no longer a difference"
    assert all(DELIBERATE.values())


def test_every_operation_is_one_of_the_model():
    assert REFERENCE.operations.keys() <= set(REFERENCE.model.operation_names)


def test_errors_have_the_statuses_of_the_model():
    assert not list(wrong_statuses(REFERENCE, Reference("api.md", "sts").statuses()))
