"""The core: conversation types, ports, prompt, engine, policy, settings, model backends."""
