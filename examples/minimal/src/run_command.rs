//! RunCommand, which makes the records.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use invodex::{InstanceRun, Invocation, RepeatMode, Tag};
use serde_json::{Value, json};

use crate::{FrontEnd, Pairs, Refusal, list, param, require};

fn invalid(name: &str) -> Refusal {
    Refusal::Own(400, "InvalidParameter", format!("The specified parameter {name} is not valid."))
}

/// The parameters that say who asks, when, and in which form. They differ when an SDK sends a request
/// again.
const ENVELOPE: [&str; 12] = [
    "AccessKeyId",
    "Action",
    "BearerToken",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];
/// Maximum number of remembered requests with a ClientToken.
const TOKENS: usize = 1_000;

/// The parameters that say what a request asks for, sorted.
fn asked(pairs: &Pairs) -> Pairs {
    let mut asked = pairs.clone();
    asked.retain(|(name, value)| !value.is_empty() && !ENVELOPE.contains(&&**name));
    asked.sort();
    asked
}

impl FrontEnd {
    /// Accepts a record. A request with a known ClientToken gets the answer of the first one.
    pub(crate) fn run_command(&mut self, pairs: Pairs) -> Result<Value, Refusal> {
        let client_token = param(&pairs, "ClientToken").map(str::to_owned);
        let known = self.answered.iter().find(|(token, ..)| client_token.as_ref() == Some(token));
        if let Some((_, first, answer)) = known {
            let mismatch = "The request is retried with updated parameters.";
            return match *first == asked(&pairs) {
                true => Ok(answer.clone()),
                false => Err(Refusal::Own(403, "IdempotentParameterMismatch", mismatch.to_owned())),
            };
        }
        let text = |name: &str| param(&pairs, name).unwrap_or_default().to_owned();
        let ids = [format!("t-{:012}", self.ids), format!("c-{:012}", self.ids)];
        let mut record = Invocation::new(require(&pairs, "RegionId")?, &*ids[0], &*ids[1]);
        record.command_type = require(&pairs, "Type")?.parse().map_err(|_| invalid("Type"))?;
        record.command_content = require(&pairs, "CommandContent")?.as_bytes().to_vec();
        if param(&pairs, "ContentEncoding") == Some("Base64") {
            let content = BASE64_STANDARD.decode(&record.command_content);
            record.command_content = content.map_err(|_| invalid("CommandContent"))?;
        }
        let mode = param(&pairs, "RepeatMode").unwrap_or("Once");
        record.repeat_mode = RepeatMode::from_name(mode).ok_or_else(|| invalid("RepeatMode"))?;
        let timeout = param(&pairs, "Timeout").map(str::parse).transpose();
        record.timeout = timeout.map_err(|_| invalid("Timeout"))?;
        record.command_name = text("Name");
        record.command_description = text("Description");
        record.frequency = text("Frequency");
        record.resource_group_id = text("ResourceGroupId");
        record.username = text("Username");
        record.working_dir = text("WorkingDir");
        record.container_id = text("ContainerId");
        record.container_name = text("ContainerName");
        record.launcher = text("Launcher");
        record.termination_mode = text("TerminationMode");
        record.oss_output_delivery = text("OssOutputDelivery");
        let tags =
            (1..=20).map(|n| (text(&format!("Tag.{n}.Key")), text(&format!("Tag.{n}.Value"))));
        let tags = tags.filter(|(key, _)| !key.is_empty());
        record.tags = tags.map(|(key, value)| Tag::new(key, value)).collect();
        record.instances = list(&pairs, "InstanceId").into_iter().map(InstanceRun::new).collect();
        // With this configuration it is always retained.
        let _ = self.store.accept(&record)?;
        let answer = json!({"InvokeId": ids[0], "CommandId": ids[1]});
        if let Some(client_token) = client_token {
            if self.answered.len() >= TOKENS {
                self.answered.pop_front();
            }
            self.answered.push_back((client_token, asked(&pairs), answer.clone()));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "Action=RunCommand&RegionId=cn-hangzhou&Type=RunShellScript\
                         &CommandContent=df&InstanceId.1=i-1";

    #[test]
    fn a_client_token_gets_one_answer() {
        let mut front_end = FrontEnd::new("2024-05-01T00:00:00Z".parse().unwrap());
        let mut run = |more: &str| {
            front_end.ids += 1;
            front_end.run_command(invodex::decode_query(format!("{FIRST}&{more}")).unwrap())
        };
        let first = run("SignatureNonce=1&Timestamp=a&Signature=x&ClientToken=0").ok();
        // An SDK signs a retry anew.
        let second = run("ClientToken=0&Timestamp=b&SignatureNonce=2&Signature=y&Format=XML").ok();
        assert!(first.is_some() && first == second);
        for other in ["ClientToken=0&Name=other", "ClientToken=0&InstanceId.2=i-2"] {
            assert!(matches!(run(other), Err(Refusal::Own(403, "IdempotentParameterMismatch", _))));
        }
        // The latest 1,000 are remembered.
        for token in 1..1_000 {
            assert!(run(&format!("ClientToken={token}")).is_ok());
        }
        assert!(run("ClientToken=0").ok() == first);
        assert!(run("ClientToken=1000").is_ok());
        assert!(run("ClientToken=0").ok() != first);
        assert_eq!(front_end.answered.len(), TOKENS);
    }
}
