//! Services, routes, consumers, plugins: what they become, and what is refused.

use std::time::Duration;

use config::{LoadOptions, PluginConfig, Protocol, StreamingPolicy, UnsupportedPolicy};

use super::{lines, load_with, loaded, nothing, told, with_config};

/// Fails unless these are all problems, without their file and position.
#[track_caller]
fn tells(body: &str, wanted: &[&str]) {
    let told = told(&format!("_format_version: '3.0'\n{body}"));
    let told: Vec<&str> = told.iter().map(|line| line.splitn(4, ':').nth(3).unwrap().trim_start()).collect();
    assert_eq!(told, wanted, "{body}");
}

#[test]
fn a_service_with_defaults_and_its_shorthand() {
    let configuration = loaded(
        "_format_version: '3.0'\nservices:\n- {name: a, url: 'HTTPS://API.example.com/v1'}\n\
         - {name: b, host: b.example.com, read_timeout: 1500, tls_verify: false, enabled: false}\n",
    );
    let [first, second] = &configuration.services[..] else { panic!() };
    assert_eq!((first.protocol, &*first.host, first.port), (Protocol::Https, "api.example.com", 443));
    assert_eq!(first.path.as_deref(), Some("/v1"));
    assert_eq!((first.retries, first.connect_timeout), (5, Duration::from_mins(1)));
    assert_eq!((first.tls_verify, first.enabled), (None, true));
    assert_eq!((second.read_timeout, second.tls_verify), (Duration::from_millis(1500), Some(false)));
    assert_eq!((second.protocol, second.port, second.enabled), (Protocol::Http, 80, false));
    assert_ne!(first.id, second.id);
}

#[test]
fn services_that_are_wrong() {
    tells("services: [{name: a}]", &["error: services[0].host: is required (hint: or write 'url')"]);
    tells(
        "services: [{url: nowhere}]",
        &["error: services[0].url: must be a URL of the form http://host[:port][/path]"],
    );
    tells(
        "services: [{host: 'a b', path: x, read_timeout: 0, protocol: htp}]",
        &[
            "error: services[0].host: 'a b' is not a host",
            "error: services[0].path: the path must start with '/'",
            "error: services[0].read_timeout: must be between 1 and 2147483646",
            "error: services[0].protocol: 'htp' is not one of http, https, ws, wss, grpc, grpcs, tcp, tls, \
             tls_passthrough, udp (hint: did you mean 'http'?)",
        ],
    );
    tells(
        "services: [{url: 'http://a', port: 1}]",
        &["warning: services[0].port: has no effect beside 'url'"],
    );
    tells(
        "services:\n- {name: a, host: h}\n- {name: a, host: h}",
        &[
            "error: services[1].name: 'a' is the name of another service already (hint: the first one is in line 3)",
        ],
    );
}

#[test]
fn routes_come_in_the_order_of_the_file_and_know_their_service() {
    let configuration = loaded(
        "_format_version: '3.0'\nroutes:\n- {name: top, paths: [/t], service: two}\n- {name: alone, paths: [/a]}\n\
         services:\n- {name: one, host: h, routes: [{name: n1, paths: [/1]}]}\n\
         - {name: two, host: h, routes: [{name: n2, paths: [/2]}]}\n",
    );
    let routes: Vec<(&str, Option<usize>)> =
        configuration.routes.iter().map(|route| (route.name.as_deref().unwrap(), route.service)).collect();
    assert_eq!(routes, [("top", Some(1)), ("alone", None), ("n1", Some(0)), ("n2", Some(1))]);
}

#[test]
fn a_route_in_full() {
    let configuration = loaded(
        "_format_version: '3.0'\nroutes:\n- name: r\n  protocols: [https]\n  methods: [POST, OPTIONS]\n  \
         hosts: ['*.Example.com', 'a.b:8443']\n  paths: ['~/(?<model>[^#?/]+)/chat$', /x]\n  \
         headers: {X-Team: [a, '~*^b']}\n  snis: [A.b]\n  strip_path: false\n  regex_priority: -3\n  \
         https_redirect_status_code: 301\n",
    );
    let route = &configuration.routes[0];
    assert_eq!(route.protocols, [Protocol::Https]);
    assert_eq!(&*route.hosts[0], "*.example.com");
    assert_eq!(&*route.paths[0], "~/(?<model>[^#?/]+)/chat$");
    assert_eq!(&*route.headers[0].name, "x-team");
    assert_eq!(&*route.headers[0].values[1], "~*^b");
    assert_eq!(&*route.snis[0], "a.b");
    assert_eq!((route.strip_path, route.regex_priority, route.https_redirect_status_code), (false, -3, 301));
}

#[test]
fn routes_that_are_wrong() {
    tells(
        "routes: [{name: a}]",
        &[
            "error: routes[0]: the route matches nothing: must set one of 'methods', 'hosts', 'headers', 'paths', \
           'snis'",
        ],
    );
    tells(
        "routes: [{protocols: [http], snis: [a.b]}]",
        &[
            "error: routes[0]: the route matches nothing: must set one of 'methods', 'hosts', 'headers', 'paths'",
        ],
    );
    tells(
        "routes: [{paths: [], headers: {}, methods: []}]",
        &[
            "error: routes[0]: the route matches nothing: must set one of 'methods', 'hosts', 'headers', 'paths', \
           'snis'",
        ],
    );
    tells(
        "routes: [{paths: [/], protocols: [http, ws]}]",
        &[
            "error: routes[0].protocols: protocols of different families cannot be mixed (hint: together may stand \
           http and https, ws and wss, grpc and grpcs, tcp and tls and udp, tls_passthrough)",
        ],
    );
    tells(
        "routes: [{paths: [/], protocols: [grpc]}]",
        &["warning: routes[0].protocols: the route matches nothing: only HTTP is served"],
    );
    tells(
        "routes: [{paths: ['~/(a', '/a/../b'], methods: [post], hosts: ['a.*.b'], headers: {host: [x]}, \
         https_redirect_status_code: 200}]",
        &[
            "error: routes[0].paths[0]: '~/(a' is not a valid regular expression: unclosed group",
            "error: routes[0].paths[1]: '/a/../b' is not normalised: requests are matched after '//', '.' and \
             '..' are taken out",
            "error: routes[0].methods[0]: 'post' is not a method (hint: write POST)",
            "error: routes[0].hosts[0]: 'a.*.b' is not a host (hint: '*' may stand for the first or the last \
             label)",
            "error: routes[0].headers.host: cannot be matched as a header (hint: write 'hosts')",
            "error: routes[0].https_redirect_status_code: must be one of 426, 301, 302, 307, 308",
        ],
    );
    tells(
        "services: [{name: main, host: h}]\nroutes: [{paths: [/], service: mian}]",
        &["error: routes[0].service: there is no service 'mian' (hint: did you mean 'main'?)"],
    );
    tells(
        "services:\n- {name: a, host: h, routes: [{paths: [/], service: b}]}\n- {name: b, host: h}",
        &["error: services[0].routes[0].service: is not the service that the route stands in"],
    );
}

#[test]
fn a_route_that_another_one_hides() {
    tells(
        "routes:\n- {paths: [/a, /b], methods: [GET]}\n- {methods: [GET], paths: [/b, /a]}\n- {paths: [/a]}",
        &[
            "warning: routes[1]: no request reaches this route: another one matches the same (hint: the other one \
           is in line 3)",
        ],
    );
    tells(
        "routes:\n- {paths: ['~/a']}\n- {paths: ['~/a'], regex_priority: 1}",
        &[
            "warning: routes[0]: no request reaches this route: another one matches the same (hint: the other one \
           is in line 4)",
        ],
    );
    tells(
        "services: [{host: h, enabled: false, routes: [{paths: [/a]}]}, {host: h, routes: [{paths: [/a]}]}]",
        &[],
    );
}

#[test]
fn consumers_groups_and_keys() {
    let configuration = loaded(
        "_format_version: '3.0'\nconsumer_groups: [{name: silver}, {name: gold}]\nconsumers:\n\
         - username: alice\n  custom_id: a-1\n  groups: [{name: silver}, gold]\n  keyauth_credentials: [{key: k1, ttl: 60}]\n\
         - {custom_id: b-1}\nkeyauth_credentials: [{consumer: {custom_id: b-1}, key: k2, ttl: 0}, \
         {consumer: alice, key: k3}]\n",
    );
    let groups: Vec<&str> =
        configuration.consumers[0].groups.iter().map(|group| &*configuration.groups[*group].name).collect();
    assert_eq!(groups, ["gold", "silver"]);
    let keys: Vec<(usize, &str, Option<u64>)> = configuration
        .credentials
        .iter()
        .map(|credential| (credential.consumer, credential.key.expose(), credential.ttl))
        .collect();
    assert_eq!(keys, [(0, "k1", Some(60)), (1, "k2", None), (0, "k3", None)]);
}

#[test]
fn consumers_that_are_wrong() {
    tells("consumers: [{tags: [a]}]", &["error: consumers[0]: must set 'username', 'custom_id' or both"]);
    tells(
        "consumers: [{username: a, groups: [nobody], keyauth_credentials: [{ttl: 1}], acls: [{group: x}]}]",
        &[
            "error: consumers[0].groups[0]: there is no consumer group 'nobody'",
            "error: consumers[0].keyauth_credentials[0].key: is required",
            "error: consumers[0].acls: is not supported yet",
        ],
    );
    tells(
        "consumers:\n- {username: a, keyauth_credentials: [{key: same}]}\n\
         - {username: b, keyauth_credentials: [{key: same}]}",
        &[
            "error: consumers[1].keyauth_credentials[0].key: the same key is there already (hint: the first one is \
           in line 3; each key belongs to one consumer)",
        ],
    );
    tells(
        "consumers: [{username: a, id: nonsense}, {username: b, id: \"x\\n\"}]",
        &[
            "warning: consumers[0].id: is not a UUID, which Kong asks for",
            "error: consumers[1].id: must be a UUID",
            "error: consumers[1].id: must not have control characters",
        ],
    );
    tells(
        "keyauth_credentials: [{key: a, consumer: {username: x, id: y}}]",
        &[
            "error: keyauth_credentials[0].consumer: must be a name, or a mapping with one of username, custom_id, \
           id",
        ],
    );
}

#[test]
fn plugins_are_scoped_by_place_and_by_reference() {
    let config = "config: {route_type: llm/v1/chat, model: {provider: openai, name: m}}";
    let configuration = loaded(&format!(
        "_format_version: '3.0'\nconsumer_groups: [{{name: g, plugins: [{{name: ai-proxy, {config}}}]}}]\n\
         consumers: [{{username: c, plugins: [{{name: ai-proxy, service: s, {config}}}]}}]\n\
         services:\n- name: s\n  host: h\n  plugins: [{{name: ai-proxy, route: {{name: r}}, {config}}}]\n  \
         routes: [{{name: r, paths: [/], plugins: [{{name: key-auth}}]}}]\nplugins:\n- {{name: ai-proxy, {config}}}\n\
         - {{name: ai-proxy, enabled: false, {config}}}\n"
    ));
    let scopes: Vec<_> = configuration
        .plugins
        .iter()
        .map(|plugin| {
            let scope = plugin.scope;
            (scope.service, scope.route, scope.consumer, scope.group)
        })
        .collect();
    assert_eq!(
        scopes,
        [
            (None, None, None, Some(0)),
            (Some(0), None, Some(0), None),
            (Some(0), Some(0), None, None),
            (None, Some(0), None, None),
            (None, None, None, None),
        ]
    );
    assert_eq!(
        configuration.plugins[0].protocols,
        [Protocol::Other, Protocol::Http, Protocol::Https, Protocol::Ws, Protocol::Wss]
    );
}

#[test]
fn plugins_that_are_wrong() {
    tells(
        "plugins:\n- {name: key-auth}\n- {name: key-auth}",
        &["error: plugins[1]: key-auth applies here already (hint: the first instance is in line 3)"],
    );
    tells(
        "plugins: [{name: key-auth, route: nope}, {name: key-auth, config: {key_nams: [a]}, enabled: false}]",
        &[
            "error: plugins[0].route: there is no route 'nope'",
            "error: plugins[1].config.key_nams: unknown field 'key_nams' (hint: did you mean 'key_names'?)",
        ],
    );
    tells(
        "consumers: [{username: a, plugins: [{name: key-auth}]}]",
        &["error: consumers[0].plugins[0]: key-auth cannot be for a consumer: it finds out who calls"],
    );
    tells("plugins: [{config: {}}]", &["error: plugins[0].name: is required"]);
    tells("plugins: [{name: ai-proxy}]", &["error: plugins[0].config: is required for plugin ai-proxy"]);
    tells(
        "plugins: [{name: ai_proxy}]",
        &["error: plugins[0].name: plugin 'ai_proxy' is not supported yet (hint: did you mean 'ai-proxy'? \
           supported are ai-proxy, file-log, http-log, key-auth, opentelemetry, prometheus)"],
    );
    tells(
        "plugins: [{name: key-auth, instance_name: i}, {name: ai-proxy, instance_name: i, config: {route_type: \
         llm/v1/chat, model: {provider: openai, name: m}}}]",
        &["error: plugins[1].instance_name: is the name of another instance already"],
    );
}

#[test]
fn unsupported_plugins_are_left_out_when_asked() {
    let text = "_format_version: '3.0'\nplugins:\n- name: rate-limiting\n  config: {minute: 5, x: '{vault://env/none}'}\n\
                - {name: key-auth}\n";
    let options =
        LoadOptions { environment: &nothing, ignore_unsupported_plugins: true, identity_defect: &|_| None };
    let loaded = config::load(text, "kong.yaml", &options)
        .unwrap_or_else(|problems| panic!("{:#?}", lines(&problems)));
    assert_eq!(loaded.configuration.plugins.len(), 1);
    let wanted = "plugins[0].name: plugin 'rate-limiting' is not supported yet (hint: supported are ai-proxy, \
                  file-log, http-log, key-auth, opentelemetry, prometheus)";
    assert_eq!(lines(&loaded.warnings), [format!("kong.yaml:3:9: warning: {wanted}")]);
    assert_eq!(told(text), [format!("kong.yaml:3:9: error: {wanted}")]);
}

#[test]
fn a_disabled_plugin_needs_no_secret() {
    let text = "_format_version: '3.0'\nplugins:\n- name: ai-proxy\n  enabled: false\n  config: {route_type: \
                llm/v1/chat, model: {provider: openai}, auth: {header_name: a, header_value: '{vault://env/none}'}}\n\
                - {name: rate-limiting, enabled: false}\n";
    let told = told(text);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|line| line.contains(": warning: ")));
}

#[test]
fn entities_without_effect_are_accepted() {
    tells(
        "certificates: [{cert: x, key: y, snis: [{name: a}]}]\nsnis: []\nupstreams: [{name: u, targets: []}]\n\
         partials: []\nca_certificates: []",
        &[
            "warning: certificates: has no effect yet",
            "warning: snis: has no effect yet",
            "warning: upstreams: has no effect yet",
            "warning: partials: has no effect yet",
            "warning: ca_certificates: has no effect yet",
        ],
    );
    tells("basicauth_credentials: [{username: a}]", &["error: basicauth_credentials: is not supported yet"]);
}

#[test]
fn vaults_that_are_wrong() {
    tells(
        "vaults: [{name: env, prefix: env}, {name: env, prefix: A_b}, {name: hcv, prefix: h}, {name: env, prefix: h}, \
         {name: evn, prefix: z}, {name: env}]",
        &[
            "error: vaults[0].prefix: is the name of a backend (hint: write another prefix, such as my-env)",
            "error: vaults[1].prefix: may have only small letters, digits and '-'",
            "warning: vaults[2].name: only vaults of the backend env are read yet",
            "error: vaults[3].prefix: is the prefix of another vault already",
            "error: vaults[4].name: 'evn' is not one of env, aws, azure, conjur, gcp, hcv, konnect (hint: did you \
             mean 'env'?)",
            "error: vaults[5].prefix: is required",
        ],
    );
}

#[test]
fn key_auth_with_its_defaults_and_in_full() {
    let configuration = loaded(
        "_format_version: '3.0'\nconsumers: [{username: guest}]\nservices: [{name: s, host: h}]\nplugins:\n\
         - {name: key-auth}\n- name: key-auth\n  service: s\n  config: {key_names: [X-Key, apikey], key_in_query: false, \
         key_in_body: true, hide_credentials: false, anonymous: guest, realm: R, run_on_preflight: false, \
         extensions: {key_in_bearer: true}}\n",
    );
    let [PluginConfig::KeyAuth(plain), PluginConfig::KeyAuth(full)] =
        [&configuration.plugins[0].config, &configuration.plugins[1].config]
    else {
        panic!()
    };
    assert_eq!(&*plain.key_names[0], "apikey");
    assert!(plain.key_in_header && plain.key_in_query && !plain.key_in_body && !plain.key_in_bearer);
    assert!(plain.hide_credentials && plain.run_on_preflight && plain.anonymous.is_none());
    assert_eq!(&*full.key_names[0], "x-key");
    assert!(full.key_in_body && !full.key_in_query && full.key_in_bearer && !full.hide_credentials);
    assert_eq!(full.anonymous, Some(Ok(0)));
    assert_eq!(full.realm.as_deref(), Some("R"));
    tells(
        "plugins: [{name: key-auth, config: {anonymous: nobody, key_names: ['a b'], realm: \"x\\n\"}}]",
        &[
            "warning: plugins[0].config.anonymous: there is no such consumer: callers without a key get an error \
             500",
            "error: plugins[0].config.key_names[0]: is not a header name",
            "error: plugins[0].config.realm: ends with a line break",
        ],
    );
}

#[test]
fn ai_proxy_with_its_defaults() {
    let configuration = loaded(&with_config(
        "{route_type: llm/v1/chat, model: {provider: azure, options: {azure_instance: i, azure_deployment_id: d}}}",
    ));
    let PluginConfig::AiProxy(config) = &configuration.plugins[0].config else { panic!() };
    assert_eq!(config.max_request_body_size, 1_048_576);
    assert!(config.model_name_header);
    assert_eq!((config.streaming, &*config.category), (StreamingPolicy::Allow, "text/generation"));
    assert_eq!(config.extensions.unsupported, UnsupportedPolicy::Report);
    assert_eq!(config.extensions.keep_alive, Some(Duration::from_secs(15)));
    assert_eq!(config.extensions.drain, None);
    let target = config.target.as_ref().unwrap();
    let setting = |name: &str| {
        let found = target.settings.iter().find(|(known, _)| &**known == name);
        found.map(|(_, value)| value.as_written().to_owned())
    };
    assert_eq!(setting("azure_api_version").as_deref(), Some("2023-05-15"));
    assert_eq!(setting("azure_instance").as_deref(), Some("i"));
    assert_eq!(setting("dashscope.international").as_deref(), Some("true"));
    assert_eq!(setting("cohere.embedding_input_type").as_deref(), Some("classification"));
    assert_eq!(setting("llama2_format"), None);
    assert!(target.model.is_none() && target.upstream_url.is_none());
}

#[test]
fn the_template_of_prompts_is_a_setting_of_its_provider() {
    let config = |provider: &str| {
        with_config(&format!(
            "{{route_type: llm/v1/chat, model: {{provider: {provider}, name: m, options: {{llama2_format: raw, \
             upstream_url: 'http://h/'}}}}, extensions: {{prompt_template: llama-3}}}}"
        ))
    };
    let configuration = loaded(&config("llama2"));
    let PluginConfig::AiProxy(proxy) = &configuration.plugins[0].config else { panic!() };
    let target = proxy.target.as_ref().unwrap();
    let found = target.settings.iter().find(|(name, _)| &**name == "extensions.prompt_template");
    assert_eq!(found.unwrap().1.as_written(), "llama-3");
    let other =
        load_with(&config("openai"), &|_| None).unwrap_or_else(|problems| panic!("{:#?}", lines(&problems)));
    let warnings = lines(&other.warnings).join("\n");
    assert!(warnings.contains("extensions.prompt_template: has no effect: provider openai"), "{warnings}");
    let wrong = load_with(&config("llama2").replace("llama-3", "llama-4"), &|_| None);
    assert!(lines(&wrong.err().unwrap()).join("\n").contains("prompt_template"));
}

#[test]
fn ai_proxy_in_full() {
    let text = with_config(
        "{route_type: llm/v1/completions, response_streaming: deny, max_request_body_size: 0, model_name_header: false, \
         logging: {log_payloads: true}, auth: {header_name: Authorization, header_value: '{vault://env/key}', \
         param_name: k, param_value: v, param_location: query, allow_override: true}, \
         model: {provider: openai, name: m, model_alias: a, options: {max_tokens: 9, upstream_url: 'https://a.b/c'}}, \
         extensions: {unsupported: reject, options_precedence: config, keep_alive_seconds: 0, early_head: true, \
         http2: true, on_disconnect: drain, allowed_hosts: [A.example.com]}}",
    );
    let loaded = load_with(&text, &|name| (name == "KEY").then(|| "Bearer s".to_owned()));
    let loaded = loaded.unwrap_or_else(|problems| panic!("{:#?}", lines(&problems)));
    let PluginConfig::AiProxy(config) = &loaded.configuration.plugins[0].config else { panic!() };
    assert_eq!((config.max_request_body_size, config.streaming), (0, StreamingPolicy::Deny));
    let extensions = &config.extensions;
    assert_eq!(extensions.unsupported, UnsupportedPolicy::Reject);
    assert!(extensions.keep_alive.is_none() && extensions.early_head && extensions.http2);
    assert_eq!(extensions.drain, Some(Duration::from_mins(1)));
    assert_eq!(&*extensions.allowed_hosts[0], "a.example.com");
    let target = config.target.as_ref().unwrap();
    let (name, value) = target.auth.header.as_ref().unwrap();
    assert_eq!((&**name, value.expose()), ("Authorization", "Bearer s"));
    let (location, name, value) = target.auth.param.as_ref().unwrap();
    assert_eq!((*location, &**name, value.expose()), (auth::ParamLocation::Query, "k", "v"));
    assert!(target.auth.allow_override && target.logging.payloads && !target.logging.statistics);
    assert_eq!(target.alias.as_deref(), Some("a"));
    assert_eq!(target.options.max_tokens, Some(9));
    assert_eq!(target.options.precedence, model::OptionsPrecedence::Config);
    assert_eq!(target.upstream_url.as_ref().unwrap().as_written(), "https://a.b/c");
}

#[test]
fn ids_are_stable_and_follow_the_name() {
    let ids = |text: &str| {
        let configuration = loaded(text);
        let route = configuration.routes[0].id.clone();
        (route, configuration.plugins[0].id.clone())
    };
    let text = "_format_version: '3.0'\nroutes: [{name: r, paths: [/]}]\nplugins: [{name: key-auth}]\n";
    assert_eq!(ids(text), ids(text));
    assert_eq!(ids(text).0, ids(&text.replace("[/]", "[/x]")).0);
    assert_ne!(ids(text).0, ids(&text.replace("name: r", "name: q")).0);
    let own = "6f0b2c1e-8d0f-4a58-9b3e-000000000001";
    assert_eq!(&*ids(&text.replace("name: r", &format!("id: {own}"))).0, own);
}

#[test]
fn references_by_id() {
    let id = "6f0b2c1e-8d0f-4a58-9b3e-000000000001";
    let configuration = loaded(&format!(
        "_format_version: '3.0'\nservices: [{{id: {id}, host: h}}]\nroutes: [{{paths: [/a], service: {id}}}, \
         {{paths: [/b], service: {{id: {id}}}}}]\n"
    ));
    assert!(configuration.routes.iter().all(|route| route.service == Some(0)));
}

#[test]
fn time_for_a_drain_that_is_none_is_told() {
    let text = with_config(
        "{route_type: llm/v1/chat, auth: {header_name: Authorization, header_value: v}, \
         model: {provider: openai, name: m}, extensions: {drain_seconds: 5}}",
    );
    let configuration =
        load_with(&text, &|_| None).unwrap_or_else(|problems| panic!("{:#?}", lines(&problems)));
    let warnings = lines(&configuration.warnings).join("\n");
    assert!(warnings.contains("extensions.drain_seconds: has no effect"), "{warnings}");
    let drained = text.replace("{drain_seconds: 5}", "{on_disconnect: drain, drain_seconds: 5}");
    let PluginConfig::AiProxy(config) = &loaded(&drained).plugins[0].config else { panic!() };
    assert_eq!(config.extensions.drain, Some(Duration::from_secs(5)));
}
