"""Measuring a face engine on labelled pairs of pictures, with the code that the tower itself uses.

`pairs` reads the list, `describing` turns pictures into descriptors, `rates` counts errors,
`report` puts the figures together and `roc_picture` draws them.
"""
