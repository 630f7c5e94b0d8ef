//! The functions of a request that a provider is told of.

use model::{ChatRequest, Function, LossKind, Losses, Tool, ToolChoice, foreign_tools};

use crate::EncodeError;

/// Those that the choice leaves, in their order. Other providers' own tools are lost; so are members that only
/// other providers know.
pub(crate) fn told<'r>(
    request: &'r ChatRequest,
    losses: &mut Losses,
) -> Result<Vec<&'r Function>, EncodeError> {
    for name in foreign_tools(request, None) {
        losses.add(format!("tools.{name}"), LossKind::Dropped);
    }
    let mut told: Vec<&Function> = Vec::new();
    let functions = request.tools.iter().filter_map(|tool| match tool {
        Tool::Function(function) => Some(function),
        Tool::Native { .. } => None,
    });
    for function in functions {
        if told.iter().any(|other| other.name == function.name) {
            let reason = "has two tools of one name";
            return Err(EncodeError::Invalid { member: "tools".into(), reason });
        }
        for extra in function.extras.iter() {
            losses.add(format!("tools.{}", extra.name), LossKind::Dropped);
        }
        told.push(function);
    }
    if let Some(ToolChoice::Among { names, .. }) = &request.tool_choice {
        told.retain(|function| names.contains(&function.name));
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Extras, Json, Maker};

    fn function(name: &str) -> Tool {
        let mut extras = Extras::default();
        extras.add("defer_loading", Json::from_static("true"));
        Tool::Function(Function {
            name: name.into(),
            description: None,
            parameters: None,
            strict: None,
            cache: None,
            extras,
        })
    }

    #[test]
    fn what_is_not_told_is_lost() {
        let native =
            Tool::Native { maker: Maker::OpenAi, name: "web_search".into(), value: Json::from_static("{}") };
        let among = ToolChoice::Among { names: vec!["b".into()], required: false };
        let request = ChatRequest {
            tools: vec![function("a"), native, function("b")],
            tool_choice: Some(among),
            ..ChatRequest::default()
        };
        let mut losses = Losses::default();
        let names: Vec<_> =
            told(&request, &mut losses).unwrap().into_iter().map(|function| &*function.name).collect();
        assert_eq!(names, ["b"]);
        let lost: Vec<_> = losses.iter().map(|loss| &*loss.member).collect();
        assert_eq!(lost, ["tools.web_search", "tools.defer_loading", "tools.defer_loading"]);
        let twice = ChatRequest { tools: vec![function("a"), function("a")], ..ChatRequest::default() };
        assert!(told(&twice, &mut losses).is_err());
    }
}
