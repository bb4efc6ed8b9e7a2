#ifndef _LINUX_ANSWERS_H
#define _LINUX_ANSWERS_H

#define ANSWER_BASE 40
#define ANSWER_OF_ALL (ANSWER_BASE + 2) /* for all questions */
#define ANSWER_OF(question) (ANSWER_BASE + (question))
#define ANSWER_TYPE struct task_struct

#endif
