"""A plan meets one environment: values, secrets and addresses, or findings that name all that is missing."""
