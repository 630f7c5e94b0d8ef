//! How a file full of mistakes reads.

use super::told;

const MISTAKES: &str = r#"_format_version: "3.0"
services:
- name: chat
  url: http://localhost
  read_timeout: 60s
  routes:
  - name: chat
    path: [/chat]
    strip_path: yes
    plugins:
    - name: ai-proxy
      config:
        route_type: llm/v1/chats
        auth:
          header_name: Authorization
          header_value: "{vault://env/OPENAI_KEY}"
          param_location: header
        model:
          provider: opneai
          name: gpt-4o
          options:
            temperature: 7
            max_token: 100
    - name: rate-limiting
      config: {minute: 5}
- name: chat
  host: other
consumers:
- usernam: alice
plugins:
- name: ai-proxy
  service: chats
  config:
    route_type: llm/v1/chat
    model:
      provider: azure
      name: gpt-4o
      options: {upstream_url: "https://$(headers.h)"}
"#;

#[test]
fn all_problems_at_once_in_the_order_of_the_text() {
    insta::assert_snapshot!(told(MISTAKES).join("\n"));
}
