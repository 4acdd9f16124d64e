"""The engine all resources share: contract, check, diff, waits, HTTP, errors. Knows no platform and no shell."""
