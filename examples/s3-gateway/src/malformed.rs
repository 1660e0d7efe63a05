//! What S3 says of a bucket policy that it does not take. What S3's words are not known of is told in ours.

use local_sts::policy::problem::{OperandFamily, ParseError, Problem, SyntaxFault};

/// The message of `MalformedPolicy`.
pub fn sentence(error: &ParseError) -> String {
    let fixed = match &error.problem {
        Problem::NotJson(_) | Problem::Syntax(SyntaxFault::NotAnObject) => {
            "Policies must be valid JSON and the first byte must be '{'"
        }
        Problem::Syntax(SyntaxFault::NoStatement) => "Missing required field Statement",
        Problem::Syntax(SyntaxFault::EmptyStatement) => "Could not parse the policy: Statement is empty!",
        Problem::Syntax(SyntaxFault::NoEffect) => "Missing required field Effect",
        Problem::Syntax(SyntaxFault::BadVersion(_)) => "The policy must contain a valid version string",
        Problem::Syntax(SyntaxFault::UnknownPrincipalKind(_)) | Problem::InvalidPrincipal { .. } => {
            "Invalid principal in policy"
        }
        Problem::Syntax(SyntaxFault::UnknownOperator(operator)) => {
            return format!("Invalid Condition type : {operator}");
        }
        Problem::MissingField(field) => return format!("Missing required field {field}"),
        Problem::EmptyField(field) => return format!("Missing required field {field} cannot be empty!"),
        Problem::NoActions => "Missing required field Action",
        Problem::NoResources => "Missing required field Resource",
        Problem::Action(_) => "Policy has invalid action",
        Problem::Resource(_) => "Policy has invalid resource",
        Problem::Operand { family: OperandFamily::Ip, .. } => "Invalid IP address in Conditions",
        _ => return error.to_string(),
    };
    fixed.to_owned()
}
