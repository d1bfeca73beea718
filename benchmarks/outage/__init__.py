"""What an outage of the sidecar costs and loses: ten minutes at twenty requests a second, on a real service.

Run ``python -m benchmarks.outage`` in the root of the checkout.
"""
