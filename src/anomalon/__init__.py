"""anomalon: model-agnostic searches for new physics at colliders."""
