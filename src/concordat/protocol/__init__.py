"""The deterministic state machine: state and a block in; state, receipts and events out. Read `transition` first."""
