//! OpenAI's `web_search_options` as the tool with which Claude searches the web.
//!
//! From <https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/web-search-tool>.

use document::{Value, write_object};
use model::{ChatRequest, LossKind, Losses};

use crate::read;

/// What clients of OpenAI ask for a search with.
pub(super) const MEMBER: &str = "web_search_options";
/// The `type` of the tool.
pub(super) const KIND: &str = "web_search_20250305";
/// What it is called.
pub(super) const NAME: &str = "web_search";

const PLACES: [&str; 4] = ["city", "region", "country", "timezone"];

/// The tool, where the client asks for a search. How much it is to find cannot be told.
pub(super) fn tool(request: &ChatRequest, losses: &mut Losses) -> Option<Vec<u8>> {
    let options = request.extras.value(MEMBER)?;
    read::json(options, |options| {
        for member in options.members().filter(|member| !member.name.is("user_location")) {
            losses.add(format!("{MEMBER}.{}", member.name.decoded()), LossKind::Dropped);
        }
        let place = options.value("user_location").and_then(|place| place.value("approximate"));
        write_object(|tool| {
            tool.text("type", KIND);
            tool.text("name", NAME);
            let told = |name: &'static str| Some((name, place?.value(name).and_then(Value::as_str)?));
            let told: Vec<_> = PLACES.into_iter().filter_map(told).collect();
            if !told.is_empty() {
                tool.object("user_location", |location| {
                    location.text("type", "approximate");
                    for (name, value) in &told {
                        location.text(name, value);
                    }
                });
            }
        })
    })
}
