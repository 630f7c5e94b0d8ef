//! The routes, services and consumers of a configuration, as records name them; by their index there.

use config::Configuration;
use telemetry::Entity;

pub struct Entities {
    pub routes: Vec<Entity>,
    pub services: Vec<Entity>,
    pub consumers: Vec<Entity>,
}

impl Entities {
    pub fn new(configuration: &Configuration) -> Self {
        let routes = configuration.routes.iter();
        let services = configuration.services.iter();
        let consumers = configuration.consumers.iter();
        Self {
            routes: routes.map(|route| Entity::new(&route.id, route.name.as_deref())).collect(),
            services: services.map(|service| Entity::new(&service.id, service.name.as_deref())).collect(),
            consumers: consumers
                .map(|consumer| {
                    let (username, custom_id) = (consumer.username.as_deref(), consumer.custom_id.as_deref());
                    Entity::consumer(&consumer.id, username, custom_id)
                })
                .collect(),
        }
    }
}
