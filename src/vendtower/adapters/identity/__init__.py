"""Recognising the customer: a process of its own for camera, faces and codes, and its client.

`client` is what the daemon holds; it imports neither OpenCV nor dlib. Everything else here runs
inside the process that `process` starts.
"""
