"""How often attacks pass and people do not, in simulation: ``vendtower identity attack-bench``.

The sessions, engine and limits are those of the identity process. Who stands before the camera
comes from a renderer that another package brings along (`renderers`).
"""
