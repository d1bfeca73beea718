"""What a user can set.

``settings`` is the runtime's table (argument > environment > default) and imports nothing heavy;
``project`` is the model of ``obskit.yaml`` and needs the extra ``[cli]``.
"""
