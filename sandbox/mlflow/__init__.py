"""MLflow's REST API as a stand-in, for every platform that registers models."""
