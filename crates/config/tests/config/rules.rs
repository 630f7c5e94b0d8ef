//! Rules that tie fields of `ai-proxy` together; V1 to V26 are named as in the specification.

use super::{accepts, load, tells, told, with_config};

const OPENAI: &str = "model: {provider: openai, name: gpt-4o}";

fn chat(rest: &str) -> String {
    format!("{{route_type: llm/v1/chat, {rest}}}")
}

fn openai(rest: &str) -> String {
    format!("{{route_type: llm/v1/chat, {OPENAI}, {rest}}}")
}

#[test]
fn v1_header_name_and_value_go_together() {
    let message = "error: auth.header_value: all or none of these fields must be set: 'auth.header_name', \
                   'auth.header_value'";
    tells(&openai("auth: {header_name: Authorization}"), message);
    let message = message.replacen("auth.header_value", "auth.header_name", 1);
    tells(&openai("auth: {header_value: Bearer x}"), &message);
    accepts(&openai("auth: {header_name: Authorization, header_value: Bearer x}"));
}

#[test]
fn v2_the_three_param_fields_go_together() {
    let message = "error: auth.param_location: all or none of these fields must be set: 'auth.param_name', \
                   'auth.param_value', 'auth.param_location'";
    tells(&openai("auth: {param_name: key, param_value: x}"), message);
    accepts(&openai("auth: {param_name: key, param_value: x, param_location: query}"));
}

#[test]
fn v3_header_and_param_may_be_combined() {
    accepts(&openai(
        "auth: {header_name: a, header_value: b, param_name: key, param_value: x, param_location: body}",
    ));
}

#[test]
fn v4_gemini_keeps_its_credential() {
    let model = "model: {provider: gemini, name: g}";
    tells(
        &chat(&format!("{model}, auth: {{allow_override: true}}")),
        "error: auth.allow_override: gemini only supports 'auth.allow_override' = false",
    );
    accepts(&chat(&format!("{model}, auth: {{allow_override: false}}")));
}

#[test]
fn v5_bedrock_may_be_overridden() {
    accepts(&chat(
        "model: {provider: bedrock, name: m, options: {bedrock: {aws_region: us-east-1}}}, \
         auth: {allow_override: true}",
    ));
}

#[test]
fn v6_llama2_needs_its_format() {
    tells(
        &chat("model: {provider: llama2, name: l, options: {upstream_url: 'http://l:1/x'}}"),
        "error: model.options.llama2_format: must set 'model.options.llama2_format' for llama2 provider",
    );
}

#[test]
fn v7_mistral_without_a_format_is_openai() {
    accepts(&chat("model: {provider: mistral, name: m}"));
    tells(
        &chat("model: {provider: mistral, name: m, options: {mistral_format: raw}}"),
        "error: model.options.mistral_format: 'raw' is not one of openai, ollama",
    );
}

#[test]
fn v8_llama2_needs_a_url() {
    tells(
        &chat("model: {provider: llama2, name: l, options: {llama2_format: openai}}"),
        "error: model.options.upstream_url: must set 'model.options.upstream_url' for self-hosted \
         providers/models",
    );
}

#[test]
fn v9_mistral_needs_no_url() {
    accepts(&chat("model: {provider: mistral, name: m, options: {mistral_format: openai}}"));
}

#[test]
fn v10_anthropic_needs_its_version() {
    tells(
        &chat("model: {provider: anthropic, name: c}"),
        "error: model.options.anthropic_version: must set 'model.options.anthropic_version' for anthropic \
         provider",
    );
}

#[test]
fn v11_azure_needs_instance_and_deployment() {
    tells(
        &chat("model: {provider: azure, options: {azure_deployment_id: d}}"),
        "error: model.options.azure_instance: must set 'model.options.azure_instance' for azure provider",
    );
    tells(
        &chat("model: {provider: azure, options: {azure_instance: i}}"),
        "error: model.options.azure_deployment_id: must set 'model.options.azure_deployment_id' for azure \
         provider",
    );
    accepts(&chat("model: {provider: azure, options: {azure_instance: i, azure_deployment_id: d}}"));
}

#[test]
fn v12_vertex_needs_all_three() {
    tells(
        &chat("model: {provider: gemini, name: g, options: {gemini: {project_id: p, location_id: l}}}"),
        "error: model.options.gemini.api_endpoint: all or none of these fields must be set: \
         'model.options.gemini.api_endpoint', 'model.options.gemini.project_id', \
         'model.options.gemini.location_id'",
    );
}

#[test]
fn v13_no_statistics_of_anthropic_completions() {
    let config = |on: bool| {
        format!(
            "{{route_type: llm/v1/completions, logging: {{log_statistics: {on}}}, \
             model: {{provider: anthropic, name: c, options: {{anthropic_version: '2023-06-01'}}}}}}"
        )
    };
    tells(
        &config(true),
        "error: logging.log_statistics: anthropic does not support statistics when route_type is \
         llm/v1/completions",
    );
    accepts(&config(false));
}

#[test]
fn v14_native_formats_have_no_completions() {
    let config = |route_type: &str| {
        format!("{{route_type: {route_type}, llm_format: cohere, model: {{provider: cohere, name: c}}}}")
    };
    let told = told(&with_config(&config("llm/v1/completions"))).join("\n");
    let wanted = "config.route_type: llm/v1/completions cannot be combined with 'llm_format' cohere";
    assert!(told.contains(wanted), "{told}");
    accepts(&config("llm/v1/chat"));
}

#[test]
fn v15_native_formats_need_their_provider() {
    for format in ["bedrock", "gemini", "cohere", "huggingface"] {
        tells(
            &openai(&format!("llm_format: {format}")),
            &format!(
                "error: model.provider: native llm_format '{format}' can only be used with the '{format}' \
                 model.provider"
            ),
        );
    }
}

#[test]
fn v16_anthropic_clients_before_any_provider_that_chats() {
    accepts(&openai("llm_format: anthropic"));
    accepts(&chat("llm_format: anthropic, model: {provider: dashscope, name: q}"));
    tells(
        &format!("{{route_type: llm/v1/embeddings, llm_format: anthropic, {OPENAI}}}"),
        "error: model.provider: provider openai does not have route type llm/v1/embeddings in llm_format \
         anthropic (hint: it has llm/v1/chat)",
    );
}

#[test]
fn v17_numbers_have_bounds() {
    let options =
        |options: &str| chat(&format!("model: {{provider: openai, name: m, options: {{{options}}}}}"));
    for (given, wanted) in [
        ("temperature: 5.1", "temperature: must be between 0 and 5"),
        ("temperature: -1", "temperature: must be between 0 and 5"),
        ("top_p: 1.01", "top_p: must be between 0 and 1"),
        ("top_k: 501", "top_k: must be between 0 and 500"),
        ("top_k: 1.5", "top_k: must be an integer, is a number"),
        ("temperature: warm", "temperature: must be a number, is text"),
        ("max_tokens: '5'", "max_tokens: must be an integer, is text (hint: remove the quotes)"),
    ] {
        tells(&options(given), &format!("error: model.options.{wanted}"));
    }
    accepts(&options("temperature: 5, top_p: 0, top_k: 500, max_tokens: 512.0"));
}

#[test]
fn v18_the_url_is_a_url() {
    let url = |url: &str| {
        chat(&format!("model: {{provider: openai, name: m, options: {{upstream_url: '{url}'}}}}"))
    };
    for bad in ["api.example.com", "ftp://a.b/c", "https://", "https://u:p@a.b", "https://a.b:0/"] {
        let told = told(&with_config(&url(bad)));
        assert_eq!(told.len(), 1, "{bad}: {told:?}");
        assert!(
            told[0].contains(": error: ") && told[0].contains("model.options.upstream_url: "),
            "{told:?}"
        );
    }
    for good in [
        "https://a.b",
        "http://localhost:11434/api/chat",
        "https://$(headers.x).example.com/v1",
        "https://a-$(uri_captures.b)-c.openai.azure.com/$(query_params.q)",
    ] {
        accepts(&url(good));
    }
}

#[test]
fn v19_vllm_needs_a_url() {
    tells(
        &chat("model: {provider: vllm, name: m}"),
        "error: model.options.upstream_url: must set 'model.options.upstream_url' for self-hosted \
         providers/models",
    );
}

#[test]
fn v20_databricks_needs_its_workspace_or_a_url() {
    tells(
        &chat("model: {provider: databricks, name: m}"),
        "error: model.options.databricks.workspace_instance_id: must set \
         'model.options.databricks.workspace_instance_id' for databricks provider",
    );
    accepts(&chat(
        "model: {provider: databricks, name: m, options: {upstream_url: 'https://d.example.com/x'}}",
    ));
}

#[test]
fn v21_bedrock_video_needs_a_place() {
    let config = |bedrock: &str| {
        format!(
            "{{route_type: video/v1/videos/generations, \
             model: {{provider: bedrock, name: m, options: {{bedrock: {{aws_region: r{bedrock}}}}}}}}}"
        )
    };
    tells(
        &config(""),
        "error: model.options.bedrock.video_output_s3_uri: must set \
         'model.options.bedrock.video_output_s3_uri' for bedrock provider",
    );
    accepts(&config(", video_output_s3_uri: 's3://b/p'"));
}

#[test]
fn v22_providers_do_what_they_can() {
    for (provider, route_type) in [
        ("cerebras", "llm/v1/embeddings"),
        ("deepseek", "llm/v1/completions"),
        ("xai", "llm/v1/files"),
        ("mistral", "llm/v1/completions"),
        ("cohere", "image/v1/images/generations"),
        ("gemini", "llm/v1/completions"),
    ] {
        let config = format!("{{route_type: {route_type}, model: {{provider: {provider}, name: m}}}}");
        let told = told(&with_config(&config));
        let wanted =
            format!("config.model.provider: provider {provider} does not have route type {route_type}");
        assert!(told.len() == 1 && told[0].contains(&wanted), "{told:#?}");
    }
}

#[test]
fn v23_deprecated_parts_work_with_a_warning() {
    tells(
        &format!("{{route_type: preserve, {OPENAI}}}"),
        "warning: route_type: 'preserve' is deprecated (hint: every operation has a route type of its own)",
    );
    tells(
        &chat("model: {provider: openai, name: m, options: {upstream_path: /x}}"),
        "warning: model.options.upstream_path: is deprecated (hint: write the whole address into \
         'upstream_url')",
    );
}

#[test]
fn v24_the_advanced_plugin_is_not_there() {
    let text = "_format_version: '3.0'\nplugins:\n- name: ai-proxy-advanced\n  config: {anything: true}\n";
    assert_eq!(
        told(text),
        ["kong.yaml:3:9: error: plugins[0].name: plugin 'ai-proxy-advanced' is not supported yet \
          (hint: supported are ai-proxy, file-log, http-log, key-auth, \
          opentelemetry, prometheus)"]
    );
}

#[test]
fn v25_realtime_needs_websockets_where_protocols_are_listed() {
    let text = |protocols: &str| {
        format!(
            "_format_version: '3.0'\nroutes:\n- paths: [/r]\n{protocols}  plugins:\n  - name: ai-proxy\n    \
             config: {{route_type: realtime/v1/realtime, {OPENAI}}}\n"
        )
    };
    assert_eq!(
        told(&text("  protocols: [http, https]\n")),
        ["kong.yaml:4:14: error: routes[0].protocols: a route of realtime/v1/realtime must list ws or wss \
          (hint: or leave 'protocols' out)"]
    );
    assert!(told(&text("  protocols: [ws]\n")).is_empty());
    let implied = load(&text("")).unwrap_or_else(|_| panic!()).configuration;
    assert!(implied.routes[0].protocols.contains(&config::Protocol::Wss));
}

#[test]
fn v26_a_reference_that_leads_nowhere_is_refused() {
    tells(
        &openai("auth: {header_name: a, header_value: '{vault://env/no-such-key}'}"),
        "error: auth.header_value: environment variable NO_SUCH_KEY is not set",
    );
    tells(
        &openai("auth: {header_name: a, header_value: 'Bearer {vault://env/x}'}"),
        "error: auth.header_value: a reference to a vault must be the whole value (hint: put the rest of the \
         value into the variable as well)",
    );
}

#[test]
fn templated_hosts_end_in_two_literal_labels_or_are_listed() {
    let config = |url: &str, extensions: &str| {
        chat(&format!(
            "model: {{provider: openai, name: m, options: {{upstream_url: '{url}'}}}}, \
             extensions: {{{extensions}}}"
        ))
    };
    let message = "error: model.options.upstream_url: a templated host must end in at least two literal \
                   labels, or extensions.allowed_hosts must list it";
    tells(&config("https://$(headers.x)/v1", ""), message);
    tells(&config("https://$(headers.x).com/v1", ""), message);
    accepts(&config("https://$(headers.x)/v1", "allowed_hosts: [a.example.com]"));
    let azure = |instance: &str| {
        chat(&format!(
            "model: {{provider: azure, options: {{azure_instance: '{instance}', azure_deployment_id: d}}}}"
        ))
    };
    accepts(&azure("$(headers.x)"));
    tells(&azure("a.evil.example/"), "error: model.options.azure_instance: makes a host that is not valid");
    tells(
        &chat(
            "model: {provider: gemini, name: g, options: {gemini: {api_endpoint: $(headers.e), project_id: p, \
             location_id: l}}}",
        ),
        "error: model.options.gemini.api_endpoint: a templated host must end in at least two literal labels, \
         or extensions.allowed_hosts must list it",
    );
    tells(
        &config("https://$(headers.x)/v1", "allowed_hosts: ['https://a']"),
        &message.replace(
            "model.options.upstream_url: a templated host must end in at least two literal labels, or \
             extensions.allowed_hosts must list it",
            "extensions.allowed_hosts[0]: is not a host (hint: a name without scheme, port and '*')",
        ),
    );
}

#[test]
fn placeholders_that_no_request_fills_are_warned_of() {
    tells(
        &chat("model: {provider: openai, name: '$(headers_x)'}"),
        "warning: model.name: every request will fail: a placeholder is not of the form $(source.key) \
         (hint: write $(headers.NAME), $(uri_captures.NAME) or $(query_params.NAME))",
    );
    tells(
        &chat("model: {provider: openai, name: '$(body.x)'}"),
        "warning: model.name: every request will fail: source 'body' is not supported \
         (hint: write $(headers.NAME), $(uri_captures.NAME) or $(query_params.NAME))",
    );
}

#[test]
fn options_of_another_provider_are_warned_of() {
    tells(
        &chat("model: {provider: openai, name: m, options: {llama2_format: raw}}"),
        "warning: model.options.llama2_format: has no effect: it is an option of provider llama2",
    );
}

#[test]
fn credentials_fit_into_a_request() {
    for (given, wanted) in [
        ("header_name: 'a b', header_value: c", "auth.header_name: is not a header name"),
        ("header_name: Host, header_value: c", "auth.header_name: cannot carry a credential"),
        (r#"header_name: a, header_value: "c\n""#, "auth.header_value: ends with a line break"),
        (r#"header_name: a, header_value: "c\rd""#, "auth.header_value: has a control character"),
    ] {
        tells(&openai(&format!("auth: {{{given}}}")), &format!("error: {wanted}"));
    }
}

#[test]
fn always_streaming_what_does_not_stream_is_warned_of() {
    tells(
        &format!("{{route_type: llm/v1/embeddings, response_streaming: always, {OPENAI}}}"),
        "warning: response_streaming: has no effect: llm/v1/embeddings does not stream",
    );
}

#[test]
fn the_model_is_required_unless_extensions_stand_in() {
    tells(
        "{route_type: llm/v1/chat}",
        "error: model: is required (hint: it may be absent only where 'extensions' has 'models' or \
         'list_models')",
    );
    accepts("{route_type: llm/v1/chat, extensions: {list_models: true}}");
    accepts(
        "{route_type: llm/v1/chat, extensions: {models: [{name: openai, models: [gpt-5], \
         model: {provider: openai}, auth: {header_name: a, header_value: b}}]}}",
    );
}

#[test]
fn further_targets_are_checked_like_the_first() {
    tells(
        "{route_type: llm/v1/chat, extensions: {models: [{name: a/b, model: {provider: openai}}]}}",
        "error: extensions.models[0].name: must not have '/' or spaces",
    );
    tells(
        "{route_type: llm/v1/chat, extensions: {models: [{name: a, model: {provider: vllm}}]}}",
        "error: extensions.models[0].model.options.upstream_url: must set 'model.options.upstream_url' for \
         self-hosted providers/models",
    );
    tells(
        "{route_type: llm/v1/chat, extensions: {models: [{name: a, model: {provider: openai}}, \
         {name: a, model: {provider: openai}}]}}",
        "error: extensions.models[1].name: is the name of another entry already",
    );
}

#[test]
fn a_simulated_target_needs_no_place() {
    accepts("{route_type: llm/v1/chat, model: {provider: vllm, name: m}, extensions: {simulate: true}}");
    accepts(
        "{route_type: llm/v1/chat, extensions: {models: [{name: demo, models: [echo], simulate: true, \
         model: {provider: openai}}]}}",
    );
}

#[test]
fn what_is_not_served_yet_is_named() {
    let unserved = |config: &str| {
        let loaded =
            load(&with_config(config)).unwrap_or_else(|problems| panic!("{:#?}", super::lines(&problems)));
        super::lines(&loaded.unserved)
    };
    let one = |config: &str, wanted: &str| {
        let told = unserved(config);
        assert!(told.len() == 1 && told[0].ends_with(wanted), "{config}\n{told:#?}");
    };
    assert!(unserved(&openai("auth: {header_name: a, header_value: b}")).is_empty());
    one(
        &format!("{{route_type: llm/v1/files, {OPENAI}}}"),
        "config.model.provider: provider openai with route type llm/v1/files is not served yet",
    );
    one(
        "{route_type: llm/v1/batches, model: {provider: anthropic, options: {anthropic_version: \"2023-06-01\"}}}",
        "config.model.provider: provider anthropic with route type llm/v1/batches is not served yet",
    );
    one(
        &chat("llm_format: gemini, model: {provider: gemini, name: g}"),
        "config.llm_format: llm_format gemini is not served yet",
    );
    assert!(unserved(&openai("llm_format: anthropic")).is_empty());
    let azure = "auth: {azure_use_managed_identity: true}, \
                 model: {provider: azure, options: {azure_instance: i, azure_deployment_id: d}}";
    assert!(unserved(&chat(azure)).is_empty());
    one(
        &format!("{{route_type: llm/v1/multimodal-embeddings, {OPENAI}}}"),
        "config.route_type: route type llm/v1/multimodal-embeddings is not served yet",
    );
}
