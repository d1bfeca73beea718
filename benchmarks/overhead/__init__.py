"""What observability costs a request: obskit and others next to the same services without any of it.

Run ``python -m benchmarks.overhead`` in the root of the checkout.
"""
