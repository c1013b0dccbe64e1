"""How an intent gets a name that reads like a need: from what its turns say, in whatever language.

A turn is cut into clauses and its words are told apart (`lexicon`, `clauses`); a phrase of a clause is
taken for its distinctive words (`phrases`) and must pass the rules that any name must pass (`rules`).
"""
