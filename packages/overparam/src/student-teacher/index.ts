export {
  features,
  halfMeanSquare,
  outputsOf,
  outputsWith,
  studentTeacher,
  type MeanFieldNetwork,
  type StudentTeacher,
  type StudentTeacherOptions,
} from '../studies/hidden-learning/student-teacher.ts';
export { refit } from '../studies/hidden-learning/refit.ts';
export { weightedCosineDistance } from '../studies/hidden-learning/weighted-cosine-distance.ts';
