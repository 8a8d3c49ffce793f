"""Word vectors without torch.

``vectors`` is the public face. Under it: ``store`` (the file that is mapped), ``words``, ``rows``
and ``subwords`` (its parts), ``opening``, ``cache`` and ``collect`` (from any file to a store),
``saving``; ``questions``, ``query`` and ``screen`` (neighbours and analogies); ``formats`` (one
module a file format); ``train`` (one a method); ``evaluation``; ``maps``; ``catalogue``.
"""
