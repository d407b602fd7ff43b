"""The HTTP interface `/v1`: parse, call one function of the node, render. Contract: spec/http.md."""
