"""What the renderer and the checks both know of PromQL: windows, recording chains, detection budgets."""
