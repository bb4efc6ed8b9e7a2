int variable;
