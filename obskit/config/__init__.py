"""What a user can set.

``settings`` is the runtime's table (argument > environment > default) and imports nothing heavy;
``views`` is what becomes of a service's metrics, and imports nothing heavy either;
``project`` is the model of ``obskit.yaml`` and needs the extra ``[cli]``.
"""
