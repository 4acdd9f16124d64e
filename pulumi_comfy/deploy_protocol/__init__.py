"""What ComfyDeploy's hosted platform and its open-source server share: keys, documents, versions, runs."""
