//! Prompts in the template of the model: as Kong writes it, or as the models were trained.
//!
//! Those of Meta are from <https://www.llama.com/docs/model-cards-and-prompt-formats/>, as of 2026-07. Kong's has
//! no place for what the model said before.

use crate::{paired, prompt};
use model::{AssistantPart, ChatRequest, LossKind, Losses, Message};

/// Ends a turn of the user in the templates of Llama 2.
const END_OF_TURN: &str = "[/INST]";
/// Ends the head of a turn in the one of Llama 3.
const END_OF_HEAD: &str = "<|end_header_id|>";

/// How a conversation becomes one prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Template {
    Kong,
    Llama2,
    Llama3,
}

/// A prompt, and what the way back must know of it.
pub(super) struct Prompt {
    pub(super) text: String,
    pub(super) echo: Echo,
}

/// How an answer is told from the prompt that servers repeat before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Echo {
    template: Template,
    /// The beginning of the answer that the client gave.
    begun: String,
}

/// A conversation as the templates see it: a user who speaks first, and turns that alternate.
#[derive(Default)]
struct Conversation {
    instructions: String,
    /// What the user said, and what the model said to that.
    turns: Vec<(String, Option<String>)>,
    /// Calls of tools, which no template has.
    calls: bool,
}

impl Template {
    /// The setting's value; without one it is Kong's.
    pub(super) fn from_setting(name: Option<&str>) -> Self {
        match name {
            Some("llama-2") => Self::Llama2,
            Some("llama-3") => Self::Llama3,
            _ => Self::Kong,
        }
    }

    /// The prompt for a request.
    pub(super) fn prompt(self, request: &ChatRequest, losses: &mut Losses) -> Prompt {
        let conversation = Conversation::of(request);
        let said = conversation.turns.iter().any(|(_, said)| said.is_some());
        let mut begun = String::new();
        let text = match self {
            Self::Kong if request.completion => kong_completion(&conversation),
            Self::Kong => {
                if said || conversation.calls {
                    losses.add("messages(assistant)", LossKind::Dropped);
                }
                kong(&conversation)
            }
            Self::Llama2 | Self::Llama3 => {
                if conversation.calls {
                    losses.add("messages.tool_calls", LossKind::Dropped);
                }
                let last = conversation.turns.last().and_then(|(_, said)| said.as_deref());
                begun.push_str(last.unwrap_or_default());
                if self == Self::Llama2 { llama2(&conversation) } else { llama3(&conversation) }
            }
        };
        Prompt { text, echo: Echo { template: self, begun } }
    }
}

impl Echo {
    /// What was said behind the prompt, where the text has one.
    pub(super) fn answer<'t>(&self, text: &'t str) -> &'t str {
        let mark = if self.template == Template::Llama3 { END_OF_HEAD } else { END_OF_TURN };
        let Some((_, said)) = text.rsplit_once(mark) else { return self.without_end(text.trim_start()) };
        let said = said.trim_start();
        let said = said.strip_prefix(&*self.begun).unwrap_or(said);
        self.without_end(if self.begun.is_empty() { said } else { said.trim_start() })
    }

    /// Servers that show the marks of the model end with one.
    fn without_end<'t>(&self, said: &'t str) -> &'t str {
        let end = match self.template {
            Template::Kong => return said,
            Template::Llama2 => "</s>",
            Template::Llama3 => "<|eot_id|>",
        };
        said.trim_end().strip_suffix(end).map_or(said, str::trim_end)
    }
}

impl Conversation {
    fn of(request: &ChatRequest) -> Self {
        let mut conversation = Self::default();
        let mut instructions: Vec<String> = Vec::new();
        for message in &request.messages {
            match message {
                Message::System(system) => instructions.push(prompt::instructions(system)),
                Message::User(user) => conversation.add_user(&Message::text_of(&user.parts)),
                Message::Tool(result) => conversation.add_user(&paired::orphan_text(result)),
                Message::Assistant(assistant) => conversation.add_said(&assistant.parts),
            }
        }
        conversation.instructions = instructions.join("\n");
        conversation
    }

    fn add_user(&mut self, text: &str) {
        if !text.is_empty() {
            self.turns.push((text.to_owned(), None));
        }
    }

    fn add_said(&mut self, parts: &[AssistantPart]) {
        self.calls |= parts.iter().any(|part| matches!(part, AssistantPart::ToolCall(_)));
        let texts = parts.iter().filter_map(|part| match part {
            AssistantPart::Text(part) => Some(part.text.as_str()),
            AssistantPart::Refusal(text) => Some(text),
            _ => None,
        });
        let text: String = texts.collect();
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if self.turns.is_empty() {
            self.turns.push((String::new(), None));
        }
        if let Some((_, said)) = self.turns.last_mut() {
            match said {
                Some(said) => said.extend(["\n", text]),
                None => *said = Some(text.to_owned()),
            }
        }
    }

    /// What the user says one time after the other is one turn.
    fn alternating(&self) -> Vec<(String, Option<&str>)> {
        let mut turns: Vec<(String, Option<&str>)> = Vec::new();
        for (asked, said) in &self.turns {
            match turns.last_mut() {
                Some((before, last @ None)) => {
                    before.extend(["\n", asked]);
                    *last = said.as_deref();
                }
                _ => turns.push((asked.clone(), said.as_deref())),
            }
        }
        if turns.is_empty() {
            turns.push((String::new(), None));
        }
        turns
    }
}

/// Instructions within the first turn, and no word of what the model said.
fn kong(conversation: &Conversation) -> String {
    let mut written = String::from("<s>[INST] ");
    if !conversation.instructions.is_empty() {
        for part in ["<<SYS>> ", &conversation.instructions, " <</SYS>> "] {
            written.push_str(part);
        }
    }
    let asked = conversation.turns.iter().map(|(asked, _)| asked.as_str()).filter(|asked| !asked.is_empty());
    written.push_str(&asked.collect::<Vec<_>>().join(" [/INST] <s>[INST] "));
    written.push_str(" [/INST]");
    written
}

fn kong_completion(conversation: &Conversation) -> String {
    let prompt: String = conversation.turns.iter().map(|(asked, _)| asked.as_str()).collect();
    format!("<s> [INST] <<SYS>> You are a helpful assistant. <<SYS>> {prompt} [/INST]")
}

fn llama2(conversation: &Conversation) -> String {
    let mut written = String::new();
    let turns = conversation.alternating();
    let count = turns.len();
    for (at, (asked, said)) in turns.into_iter().enumerate() {
        written.push_str("<s>[INST] ");
        if at == 0 && !conversation.instructions.is_empty() {
            written.extend(["<<SYS>>\n", &conversation.instructions, "\n<</SYS>>\n\n"]);
        }
        written.extend([asked.trim(), " ", END_OF_TURN]);
        if let Some(said) = said {
            written.extend([" ", said]);
            // The last turn is one that the model goes on with.
            if at + 1 < count {
                written.push_str(" </s>");
            }
        }
    }
    written
}

fn llama3(conversation: &Conversation) -> String {
    let mut written = String::from("<|begin_of_text|>");
    let mut head = |role: &str, text: &str, ended: bool| {
        written.extend(["<|start_header_id|>", role, END_OF_HEAD, "\n\n", text]);
        if ended {
            written.push_str("<|eot_id|>");
        }
    };
    if !conversation.instructions.is_empty() {
        head("system", &conversation.instructions, true);
    }
    let turns = conversation.alternating();
    let count = turns.len();
    for (at, (asked, said)) in turns.into_iter().enumerate() {
        head("user", asked.trim(), true);
        head("assistant", said.unwrap_or_default(), at + 1 < count);
    }
    written
}
